"""People and the roles they were given: each grant names who gave it, and nobody grants to oneself."""

from functools import cached_property
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role


class User(AbstractUser):
    """A person who signs in.

    What they may do comes from their roles alone; Django's own superuser flag opens nothing here.
    """

    # A password's hash helps whoever reads the trail to guess the password.
    row_changes_secret: ClassVar[tuple[str, ...]] = ("password",)

    id = models.BigAutoField(primary_key=True)

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Return the roles this person holds: read once for each request, so that a revoked role ends with the next."""
        grants = RoleGrant.objects.filter(user=self, revoked_at__isnull=True)
        return frozenset(Role(role) for role in grants.values_list("role", flat=True))

    def may(self, permission: Permission) -> bool:
        """Tell whether one of this person's roles holds the permission."""
        return self.is_active and not permission.roles.isdisjoint(self.roles)


class RoleGrant(models.Model):
    """One role given to one person. It ends by being revoked and is never deleted, so that the past can be asked."""

    written_by_pages: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=32, choices=[(role.value, role.title) for role in Role])
    # Empty only for the one administrator whom the installation itself makes: somebody has to be first.
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="roles_granted",
        null=True,
        blank=True,
    )
    granted_at = models.DateTimeField()
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="roles_revoked",
        null=True,
        blank=True,
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Nobody grants to oneself; a person holds a role once; only one grant has no giver."""

        constraints = [
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=F("user")),
                name="role_grant_not_to_oneself",
            ),
            models.CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="role_grant_known_role"),
            models.CheckConstraint(
                condition=Q(revoked_by__isnull=True, revoked_at__isnull=True)
                | Q(revoked_by__isnull=False, revoked_at__gte=F("granted_at")),
                name="role_grant_revoked_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=False) | Q(role=Role.ADMIN.value),
                name="role_grant_first_is_admin",
            ),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(revoked_at__isnull=True),
                name="role_grant_held_once",
            ),
            models.UniqueConstraint(
                "role",
                condition=Q(granted_by__isnull=True),
                name="role_grant_one_first_administrator",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of user {self.user_id}"
