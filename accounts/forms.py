"""The forms of the admin that are about accounts and their passwords."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm as DjangoOwnPasswordForm
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm

from accounts import passwords
from accounts.managers import email_key
from accounts.models import User
from accounts.validators import PASSWORD_MAX_LENGTH
from common.exceptions import Invalid

if TYPE_CHECKING:
    DjangoPasswordForm = AdminPasswordChangeForm[User]
else:
    DjangoPasswordForm = AdminPasswordChangeForm  # takes no parameters when it runs


class UniqueEmailMixin(forms.ModelForm[User]):
    def clean_email(self) -> str | None:
        email: str | None = self.cleaned_data["email"]
        if email and User.objects.filter(email_key=email_key(email)).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"User with email {email} already registered", code="email_taken")
        return email


class AccountCreationForm(UniqueEmailMixin, AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "name")


class AccountChangeForm(UniqueEmailMixin, UserChangeForm[User]):
    class Meta:
        model = User
        fields = ("email", "password", "name", "is_active", "is_staff", "is_superuser", "roles")


class OwnPasswordForm(DjangoOwnPasswordForm):
    """Another password for who knows the current one, by the same service as the API's."""

    confirmed: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"] = forms.CharField(
            label="Old password",
            strip=False,
            max_length=PASSWORD_MAX_LENGTH,
            widget=self.fields["old_password"].widget,
        )

    def clean_old_password(self) -> str:
        """Django would compare it here, uncounted, and hash for a form that is wrong elsewhere too."""
        return str(self.cleaned_data["old_password"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors:
            try:
                self.confirmed = passwords.confirm(self.user, self.cleaned_data["old_password"])
            except Invalid as refusal:
                self.add_error("old_password", refusal.message)
        return self.cleaned_data

    def save(self, commit: bool = True) -> User:
        """`Invalid` if the password was changed since it was compared."""
        self.user = passwords.change(self.confirmed, self.cleaned_data["new_password1"])
        return self.user


class PasswordForm(DjangoPasswordForm):
    """Another password for any account, or none, given by an administrator."""

    def __init__(self, user: User, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.by = by

    def save(self, commit: bool = True) -> User:
        given = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        self.user = passwords.set_for(self.user, given, by=self.by)
        return self.user
