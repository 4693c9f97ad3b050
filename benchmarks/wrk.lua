-- Walks through the calls in the file that CALLS names, a line each: method, path and headers, with tabs between.
-- Says what came of it as one line of numbers.

local calls, turn = {}, 0

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
        "NUMBERS %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        failed.status + failed.connect + failed.read + failed.write + failed.timeout))
end
