"""The box on a ticket's page, in which agents reply, write notes and change the ticket's status."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings

from netflix.api.newlines import MultilineFormField
from support import selectors, services
from support.attachments import NAME_ENDINGS, CheckedFile, FileRefused, check
from support.models import MESSAGE_LENGTH, Ticket
from support.states import TRANSITIONS, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAction:
    """An action that an agent can take on a ticket."""

    label: str
    service: Callable[..., None]
    possible: Callable[[Ticket], bool] = lambda _: True
    takes_text: bool = False
    ends_work: bool = False  # nothing is left to do on the ticket now: show the queue next


def _leads_to(status: Status) -> Callable[[Ticket], bool]:
    return lambda ticket: status in TRANSITIONS[Status(ticket.status)]


AGENT_ACTIONS = {
    "answer": AgentAction(
        label="Reply",
        service=services.answer,
        possible=lambda ticket: ticket.status != Status.CLOSED,
        takes_text=True,
    ),
    "answer_and_resolve": AgentAction(
        label="Reply and resolve",
        service=services.answer_and_resolve,
        possible=_leads_to(Status.RESOLVED),
        takes_text=True,
        ends_work=True,
    ),
    "note": AgentAction(label="Private note", service=services.add_note, takes_text=True),
    "assign": AgentAction(label="Assign to me", service=services.assign),
    "wait": AgentAction(
        label="Wait for the customer",
        service=services.wait_for_customer,
        possible=_leads_to(Status.WAITING_FOR_CUSTOMER),
        ends_work=True,
    ),
    "resolve": AgentAction(
        label="Resolve", service=services.resolve, possible=_leads_to(Status.RESOLVED), ends_work=True
    ),
    "reopen": AgentAction(label="Reopen", service=services.reopen_as_agent, possible=_leads_to(Status.OPEN)),
    "replay": AgentAction(
        label="Retry the dead letter",
        service=services.replay_one,
        possible=lambda ticket: ticket.dead_at is not None,
    ),
}


class AgentActionField(forms.ChoiceField):
    """Offers the actions that the ticket's status allows, but accepts all: the service refuses with a reason."""

    def valid_value(self, value: Any) -> bool:
        return value in AGENT_ACTIONS


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """The files of one reply, each of which is checked."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[CheckedFile]:
        most = settings.ATTACHMENTS_PER_REPLY
        files = [file for file in data or [] if file]
        if len(files) > most:
            raise forms.ValidationError(f"Choose at most {most} files.")
        try:
            return [check(file) for file in files]
        except FileRefused as error:
            raise forms.ValidationError(str(error)) from error


class AgentActionForm(forms.ModelForm):
    """One action on a ticket. It is refused if the ticket has changed since the page was rendered."""

    conflict: str | None = None  # why the form is shown again: see FormWithConflict

    work = AgentActionField(error_messages={"required": "Choose one of the buttons."})  # each button is a choice
    text = MultilineFormField(
        label="Your reply, or a private note",
        required=False,
        max_length=MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="The customer is sent a reply. Only agents see a private note.",
    )
    attachments = FilesField(
        label="Files",
        required=False,
        widget=FilesInput(
            attrs={"accept": ",".join(NAME_ENDINGS), "data-max-bytes": settings.ATTACHMENT_BYTES},
        ),
        help_text=f"At most {settings.ATTACHMENTS_PER_REPLY} files: png, jpg, pdf or txt, up to 5 MB each.",
    )
    seen = forms.RegexField(r"^\d{1,18}-\d{1,18}-\d{1,18}$", widget=forms.HiddenInput)  # as selectors.version

    class Meta:
        model = Ticket
        fields = ()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        choices = [(name, action.label) for name, action in AGENT_ACTIONS.items() if action.possible(self.instance)]
        self.fields["work"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them
        self.initial["seen"] = selectors.version(self.instance)
        if self.conflict:  # the page that is shown again includes the changes
            self.data = dict(self.data.items()) | {"seen": self.initial["seen"]}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "work" not in cleaned:
            return cleaned
        takes_text = AGENT_ACTIONS[cleaned["work"]].takes_text
        if takes_text and cleaned.get("text") == "":
            self.add_error("text", "Write something first.")
        for field in ("text", "attachments"):
            if cleaned.get(field) and not takes_text:
                self.add_error(field, "This would be lost: send it as a reply, or keep it as a note, first.")
        return cleaned
