from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "netflix.idempotency"
    label = "idempotency"
    verbose_name = "Idempotency keys"
