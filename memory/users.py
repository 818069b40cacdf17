"""Users: whose things are whose."""

from sqlalchemy import select

from memory.database import Database
from memory.names import check_name, name_key
from memory.tables import UserRow
from memory.values import User
from omni_errors import InputError, NotFoundError

__all__ = ["Users"]


class Users:
    """Add and find users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str) -> User:
        """Add a user.

        Raises:
            InputError: if the name is taken or is none.
        """
        kept = check_name(name, "user")
        with self._database.writing() as session:
            taken = session.scalar(select(UserRow).where(UserRow.name_key == name_key(kept)))
            if taken is not None:
                raise InputError(f"There is a user {taken.name!r}.", hint="Choose another name.")
            row = UserRow(name=kept, name_key=name_key(kept))
            session.add(row)
            session.flush()
            return _value(row)

    def ensure(self, name: str) -> User:
        """Return the user of that name, added if there is none yet."""
        with self._database.writing():
            return self.find(name) or self.add(name)

    def get(self, name: str) -> User:
        """Return the user of that name.

        Raises:
            NotFoundError: if there is none.
        """
        found = self.find(name)
        if found is None:
            raise NotFoundError(f"There is no user {name!r}.", hint="Add the user first.")
        return found

    def find(self, name: str) -> User | None:
        """Return the user of that name, in whatever case, or None."""
        query = select(UserRow).where(UserRow.name_key == name_key(check_name(name, "user")))
        with self._database.reading() as session:
            row = session.scalar(query)
            return _value(row) if row else None

    def list(self) -> tuple[User, ...]:
        """Return all users in the order they came."""
        with self._database.reading() as session:
            return tuple(map(_value, session.scalars(select(UserRow).order_by(UserRow.id))))


def _value(row: UserRow) -> User:
    return User(row.id, row.name, row.created_at)
