"""While Redis is away or stuck a request finds that out at once, instead of waiting for it each time anew."""

from circuitbreaker import CircuitBreaker, CircuitBreakerError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

_FAILURES = (RedisError, OperationalError, OSError)
REDIS_TROUBLE = (*_FAILURES, CircuitBreakerError)

# One failure is enough, after two seconds a request tries again: the circuit breaker of Michael Nygard, "Release It!"
# (2007). Each process has its own.
redis_circuit = CircuitBreaker(failure_threshold=1, recovery_timeout=2, expected_exception=_FAILURES, name="redis")
