-- Sends the calls in the file CALLS in turn. Each line is a call: method, path and headers, separated by tabs.
-- Prints the results as one line of numbers. With COUNT_304 it checks the status of each answer, which slows wrk down.

local calls, turn, threads = {}, 0, {}
answered, not_modified = 0, 0

function setup(thread)
    threads[#threads + 1] = thread
end

if os.getenv("COUNT_304") then
    function response(status)
        answered = answered + 1
        if status == 304 then not_modified = not_modified + 1 end
    end
end

function init(arguments)
    for line in io.lines(os.getenv("CALLS")) do
        local method, path, rest = line:match("^(%u+)\t([^\t]+)(.*)$")
        local headers = {}
        for name, value in rest:gmatch("\t([^:\t]+): ([^\t]*)") do
            headers[name] = value
        end
        calls[#calls + 1] = wrk.format(method, path, headers)
    end
end

function request()
    turn = turn % #calls + 1
    return calls[turn]
end

function done(summary, latency)
    local failed = summary.errors
    io.write(string.format(
        "NUMBERS %d %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        failed.status + failed.connect + failed.read + failed.write + failed.timeout,
        threads[1]:get("answered"), threads[1]:get("not_modified")))
end
