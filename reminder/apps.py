from django.apps import AppConfig


class ReminderConfig(AppConfig):
    name = "reminder"
    verbose_name = "Reminders and watched films"
