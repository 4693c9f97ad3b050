"""Circuit breakers: while Redis or the broker is unavailable, requests fail at once, and do not each wait for a
timeout.
"""

from amqp.exceptions import AMQPError
from circuitbreaker import CircuitBreaker, CircuitBreakerError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

_FAILURES = (RedisError, OSError)
_BROKER_FAILURES = (*_FAILURES, OperationalError, AMQPError)  # Redis is the broker, or RabbitMQ is
REDIS_ERRORS = (*_FAILURES, CircuitBreakerError)
BROKER_ERRORS = (*_BROKER_FAILURES, CircuitBreakerError)

# One failure opens the circuit; after two seconds a request tries again. Each process has its own. (Michael Nygard,
# "Release It!", 2007, describes the pattern.)
redis_circuit = CircuitBreaker(failure_threshold=1, recovery_timeout=2, expected_exception=_FAILURES, name="redis")
broker_circuit = CircuitBreaker(
    failure_threshold=1, recovery_timeout=2, expected_exception=_BROKER_FAILURES, name="broker"
)
