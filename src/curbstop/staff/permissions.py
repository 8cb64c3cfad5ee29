"""What the staff face itself asks for; each page of a room asks for that room's permission."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

SEE_HOME = Permission("staff.see_home", "Sign in and see the own home page", frozenset(Role))

PERMISSIONS = (SEE_HOME,)
