"""While Redis or the broker is away or stuck a request fails at once, instead of waiting for it each time anew."""

from amqp.exceptions import AMQPError
from circuitbreaker import CircuitBreaker, CircuitBreakerError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

_FAILURES = (RedisError, OSError)
_BROKER_FAILURES = (*_FAILURES, OperationalError, AMQPError)  # Redis is the broker, or RabbitMQ is
REDIS_TROUBLE = (*_FAILURES, CircuitBreakerError)
BROKER_TROUBLE = (*_BROKER_FAILURES, CircuitBreakerError)

# One failure is enough, after two seconds a request tries again: the circuit breaker of Michael Nygard, "Release It!"
# (2007). Each process has its own.
redis_circuit = CircuitBreaker(failure_threshold=1, recovery_timeout=2, expected_exception=_FAILURES, name="redis")
broker_circuit = CircuitBreaker(
    failure_threshold=1, recovery_timeout=2, expected_exception=_BROKER_FAILURES, name="broker"
)
