from rest_framework import serializers


class NoticeSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="For `notice_id` in addresses.")
    subject = serializers.CharField(help_text="What it is about, in one line.")
    text = serializers.CharField(help_text="What the service tells you.")
    link = serializers.CharField(help_text="Where to read on; may be empty.")
    scheduled_at = serializers.DateTimeField(allow_null=True, help_text="When it was due, if it had a time.")
    sent_at = serializers.DateTimeField(help_text="When it was written.")
    emailed_at = serializers.DateTimeField(allow_null=True, help_text="When its e-mail went out, if it has.")
    email_status = serializers.ChoiceField(
        ("waiting", "sent", "failed", "no_verified_address"),
        help_text="`waiting`: queued. `no_verified_address`: queued once your address is verified, if the notice is "
        "then at most three days old. `failed`: given up after several attempts.",
    )
    seen_at = serializers.DateTimeField(allow_null=True, help_text="When you saw it first; null if you have not.")
