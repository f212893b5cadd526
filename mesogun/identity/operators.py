"""The people of a station: reference, role, signing key under a passphrase, and who is at the keyboard now.

Not responsible for asking for passphrases nor for recording what people do. A name is for the screen of this
station; it is kept out of ``repr`` and out of every error text, because those end in logs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mesogun.clock import timestamp
from mesogun.errors import InputError, RecordError, Refused
from mesogun.identity.folder import Folder
from mesogun.identity.references import new_operator
from mesogun.identity.roles import Action, Role, require
from mesogun.identity.signing import Signer, pack, unpack

_FILE = "operators.json"


@dataclass(frozen=True, slots=True)
class FormerKey:
    """A public key that was in use until ``until``; ``endorsement`` is its signature of the next one, if it could."""

    public_key: bytes
    until: str
    endorsement: bytes | None


@dataclass(frozen=True, slots=True)
class Operator:
    """A person with a role. ``reference`` is what records carry; ``name`` stays on this station."""

    reference: str
    role: Role
    name: str = field(repr=False)
    added_at: str = ""
    retired: bool = False
    public_key: bytes | None = None
    former_keys: tuple[FormerKey, ...] = ()

    def require(self, action: Action) -> None:
        """Raise ``Refused`` unless this operator is active and the role may do it."""
        if self.retired:
            raise Refused(f"operator {self.reference} is retired; choose another with `mesogun operator use`")
        require(self.role, action)


class Operators:
    """The people known to one station.

    The first people are added by whoever sets up the station; from the moment an admin exists, only an admin
    adds people, changes roles, retires people and replaces keys.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def list(self) -> tuple[Operator, ...]:
        """Everybody, in the order of adding, retired people included."""
        return tuple(self._load()[0].values())

    def get(self, who: str) -> Operator:
        """The operator with that reference or name; ``InputError`` when there is none (the text is not repeated)."""
        return _find(self._load()[0], who)

    def current(self) -> Operator | None:
        """Who is at the keyboard, or None."""
        people, current = self._load()
        return people.get(current) if current else None

    def add(
        self,
        name: str,
        role: Role,
        *,
        passphrase: str | None = None,
        by: Operator | None = None,
        at: datetime | None = None,
    ) -> Operator:
        """Add a person, with a signing key if a passphrase is given; ``by`` is the admin, default the current operator.

        Raises ``InputError`` for an empty or double name, ``Refused`` when ``by`` may not add people.
        """
        name = " ".join(name.split())
        if not name or not name.isprintable():
            raise InputError("an operator needs a name of printable characters")
        with self._folder.locked():
            people, current = self._load()
            _authorise(people, by, current, Action.MANAGE_PEOPLE)
            if any(person.name == name and not person.retired for person in people.values()):
                raise InputError("an active operator has that name already; add something that tells them apart")
            if name in people:
                raise InputError("that name is another operator's reference; choose another")
            reference = new_operator()
            while reference in people:
                reference = new_operator()
            public = None
            if passphrase is not None:
                signer = Signer.generate()
                self._folder.write(_key_file(reference), pack(signer, passphrase))
                public = signer.public_key
            person = Operator(reference, role, name, timestamp(at) if at else "", public_key=public)
            people[reference] = person
            self._save(people, current)
        return person

    def use(self, who: str) -> Operator:
        """Make somebody the current operator; ``Refused`` when retired."""
        with self._folder.locked():
            people, _ = self._load()
            person = _find(people, who)
            if person.retired:
                raise Refused(f"operator {person.reference} is retired and cannot be used")
            self._save(people, person.reference)
        return person

    def set_role(self, who: str, role: Role, *, by: Operator | None = None) -> Operator:
        """Give somebody another role; the last admin stays an admin."""
        return self._change(who, by, lambda person: replace(person, role=role))

    def retire(self, who: str, *, by: Operator | None = None) -> Operator:
        """Bar somebody from acting; the entry and the public keys stay, so that old signatures can be checked."""
        return self._change(who, by, lambda person: replace(person, retired=True))

    def unlock(self, who: str, passphrase: str) -> Signer:
        """Open somebody's signing key.

        Raises ``Refused`` for a wrong passphrase or a retired operator, ``InputError`` when there is no key.
        """
        person = self.get(who)
        if person.retired:
            raise Refused(f"operator {person.reference} is retired; the signing key stays closed")
        return self._open(person, passphrase)

    def rotate_key(
        self,
        who: str,
        new_passphrase: str,
        *,
        at: datetime,
        passphrase: str | None = None,
        by: Operator | None = None,
    ) -> Operator:
        """Replace a signing key.

        With the old ``passphrase`` the old key endorses the new one; without it (forgotten) or without an old key
        only an admin (``by``, default the current operator) can do it, and the record shows no endorsement.
        """
        with self._folder.locked():
            people, current = self._load()
            person = _find(people, who)
            old = self._open(person, passphrase) if passphrase is not None else None
            if old is None:
                _authorise(people, by, current, Action.MANAGE_KEYS)
            new = Signer.generate()
            former = person.former_keys
            if person.public_key is not None:
                endorsement = old.sign(endorsement_message(person.reference, new.public_key)) if old else None
                former = (*former, FormerKey(person.public_key, timestamp(at), endorsement))
            packed = pack(new, new_passphrase)
            people[person.reference] = replace(person, public_key=new.public_key, former_keys=former)
            # The key first: a crash in between leaves a file whose public part differs, which `_open` refuses.
            self._folder.write(_key_file(person.reference), packed)
            self._save(people, current)
        return people[person.reference]

    def public_keys(self) -> dict[bytes, str]:
        """Every public key that was ever an operator's, with its owner's reference: what a verifier needs."""
        return {
            key: person.reference
            for person in self.list()
            for key in (person.public_key, *(former.public_key for former in person.former_keys))
            if key is not None
        }

    def _open(self, person: Operator, passphrase: str) -> Signer:
        content = self._folder.read(_key_file(person.reference))
        if content is None or person.public_key is None:
            raise InputError(f"operator {person.reference} has no signing key; an admin can make one")
        signer = unpack(content, passphrase, f"operator {person.reference}")
        if signer.public_key != person.public_key:
            raise RecordError(
                f"operator {person.reference}: the key file holds another key than the list of operators; "
                "an admin can replace the key"
            )
        return signer

    def _change(self, who: str, by: Operator | None, change: Callable[[Operator], Operator]) -> Operator:
        with self._folder.locked():
            people, current = self._load()
            person = _find(people, who)
            _authorise(people, by, current, Action.MANAGE_PEOPLE)
            changed = change(person)
            people[person.reference] = changed
            if _is_admin(person) and not any(map(_is_admin, people.values())):
                raise Refused("that would leave the station without an admin; make another admin first")
            self._save(people, None if changed.retired and current == person.reference else current)
        return changed

    def _load(self) -> tuple[dict[str, Operator], str | None]:
        content = self._folder.read(_FILE)
        if content is None:
            return {}, None
        try:
            people = [_from_json(entry) for entry in content["operators"]]
            current = content["current"]
            return {person.reference: person for person in people}, None if current is None else str(current)
        except (KeyError, TypeError, ValueError) as error:
            raise RecordError(
                f"{self._folder.path / _FILE}: damaged ({type(error).__name__}); restore it from a copy"
            ) from error

    def _save(self, people: dict[str, Operator], current: str | None) -> None:
        entries = [_to_json(person) for person in people.values()]
        self._folder.write(_FILE, {"version": 1, "operators": entries, "current": current})


def endorsement_message(reference: str, new_public_key: bytes) -> bytes:
    """What an old key signs to hand over to a new one."""
    return b"mesogun key rotation 1\0" + reference.encode() + b"\0" + new_public_key


def _authorise(people: dict[str, Operator], by: Operator | None, current: str | None, action: Action) -> None:
    if not any(map(_is_admin, people.values())):
        return  # the station is being set up
    # What counts is the role on file now, not the one in the caller's hands.
    acting = people.get(by.reference if by else current or "")
    if acting is None:
        raise Refused(f"only an admin may {action.value}; say who acts with `mesogun operator use`")
    acting.require(action)


def _is_admin(person: Operator) -> bool:
    return person.role is Role.ADMIN and not person.retired


def _find(people: dict[str, Operator], who: str) -> Operator:
    if who in people:
        return people[who]
    named = [person for person in people.values() if person.name == who]
    active = [person for person in named if not person.retired] or named
    if len(active) == 1:
        return active[0]
    known = ", ".join(people) or "none yet"
    raise InputError(
        "no operator with that name or reference (the text is not repeated here, it may be a name); "
        f"known references: {known}; `mesogun operator add` adds one"
    )


def _key_file(reference: str) -> str:
    return f"keys/{reference}.json"


def _to_json(person: Operator) -> dict[str, Any]:
    return {
        "reference": person.reference,
        "name": person.name,
        "role": person.role.value,
        "added_at": person.added_at,
        "retired": person.retired,
        "public_key": person.public_key.hex() if person.public_key else None,
        "former_keys": [
            {
                "public_key": former.public_key.hex(),
                "until": former.until,
                "endorsement": former.endorsement.hex() if former.endorsement else None,
            }
            for former in person.former_keys
        ],
    }


def _from_json(entry: dict[str, Any]) -> Operator:
    return Operator(
        reference=str(entry["reference"]),
        role=Role(entry["role"]),
        name=str(entry["name"]),
        added_at=str(entry["added_at"]),
        retired=bool(entry["retired"]),
        public_key=bytes.fromhex(entry["public_key"]) if entry["public_key"] else None,
        former_keys=tuple(
            FormerKey(
                bytes.fromhex(former["public_key"]),
                str(former["until"]),
                bytes.fromhex(former["endorsement"]) if former["endorsement"] else None,
            )
            for former in entry["former_keys"]
        ),
    )
