"""The core User schema (RFC 7643 §4.1, characteristics of §8.7.1)."""

from __future__ import annotations

from ..schema import Attribute, Schema

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"


def _primary(noun: str) -> Attribute:
    return Attribute("primary", "boolean", f"Whether this is the preferred {noun}; true for at most one.")


def _plural(
    name: str,
    noun: str,
    description: str,
    *,
    value: Attribute | None = None,
    types: tuple[str, ...] = (),
) -> Attribute:
    """Give a multi-valued attribute with the default sub-attributes of RFC 7643 §2.4."""
    return Attribute(
        name,
        "complex",
        description,
        multi_valued=True,
        sub_attributes=(
            value or Attribute("value", description=f"The {noun} itself."),
            Attribute("display", description=f"Name of the {noun} to show to people."),
            Attribute("type", description=f"Label that says what the {noun} is for.", canonical_values=types),
            _primary(noun),
        ),
    )


_NAME = Attribute(
    "name",
    "complex",
    "Components of the user's name.",
    sub_attributes=(
        Attribute("formatted", description="Full name with all titles and suffixes, formatted for display."),
        Attribute("familyName", description="Family name, last name in most Western languages."),
        Attribute("givenName", description="Given name, first name in most Western languages."),
        Attribute("middleName", description="Middle name or names."),
        Attribute("honorificPrefix", description="Title before the name."),
        Attribute("honorificSuffix", description="Suffix after the name."),
    ),
)

_SINGULAR = (
    Attribute(
        "userName",
        description="Name by which the user is known to the service and logs in; unique whatever its case.",
        required=True,
        uniqueness="server",
    ),
    _NAME,
    Attribute("displayName", description="Name of the user to show to people."),
    Attribute("nickName", description="Casual name of the user."),
    Attribute(
        "profileUrl",
        "reference",
        "URL of a page about the user.",
        case_exact=True,
        reference_types=("external",),
    ),
    Attribute("title", description="Job title."),
    Attribute("userType", description="Relation between organization and user, such as Contractor."),
    Attribute("preferredLanguage", description="Preferred languages, as in an Accept-Language header."),
    Attribute("locale", description="Language tag for currency, date and number formats."),
    Attribute("timezone", description="Time zone in the form of the IANA database."),
    Attribute("active", "boolean", "Whether the user may use the service."),
    # Case-exact although the RFC's table says no: a password is no password in another case.
    Attribute(
        "password",
        description="Clear text of a new password; never given back.",
        case_exact=True,
        mutability="writeOnly",
        returned="never",
    ),
)

# RFC 7643 §8.2 shows an address with `primary`, though the table of §8.7.1 leaves it out; Entra sends it.
_ADDRESSES = Attribute(
    "addresses",
    "complex",
    "Postal addresses of the user.",
    multi_valued=True,
    sub_attributes=(
        Attribute("formatted", description="Whole address, formatted for display or a label."),
        Attribute("streetAddress", description="Street, house number, post office box."),
        Attribute("locality", description="City or locality."),
        Attribute("region", description="State or region."),
        Attribute("postalCode", description="Postal code."),
        Attribute("country", description="Country as ISO 3166-1 alpha-2 code."),
        Attribute(
            "type",
            description="Label that says what the address is for.",
            canonical_values=("work", "home", "other"),
        ),
        _primary("address"),
    ),
)

# The value is the id of a Group, and ids are case-exact (RFC 7643 §3.1; compare erratum 8472).
_GROUPS = Attribute(
    "groups",
    "complex",
    "Groups that the user belongs to; changed through the groups only.",
    multi_valued=True,
    mutability="readOnly",
    sub_attributes=(
        Attribute("value", description="Id of the group.", case_exact=True, mutability="readOnly"),
        Attribute(
            "$ref",
            "reference",
            "URI of the group.",
            case_exact=True,
            mutability="readOnly",
            reference_types=("User", "Group"),
        ),
        Attribute("display", description="Name of the group to show to people.", mutability="readOnly"),
        Attribute(
            "type",
            description="Whether the user is a member itself or through another group.",
            mutability="readOnly",
            canonical_values=("direct", "indirect"),
        ),
    ),
)

_PLURAL = (
    _plural("emails", "e-mail address", "E-mail addresses of the user.", types=("work", "home", "other")),
    _plural(
        "phoneNumbers",
        "phone number",
        "Phone numbers of the user.",
        types=("work", "home", "mobile", "fax", "pager", "other"),
    ),
    _plural(
        "ims",
        "messaging address",
        "Instant messaging addresses of the user.",
        types=("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
    ),
    _plural(
        "photos",
        "photo",
        "URLs of photos of the user.",
        value=Attribute(
            "value", "reference", "URL of the photo.", case_exact=True, reference_types=("external",)
        ),
        types=("photo", "thumbnail"),
    ),
    _ADDRESSES,
    _GROUPS,
    _plural("entitlements", "entitlement", "Things that the user is entitled to."),
    _plural("roles", "role", "Roles that say who the user is, such as Student."),
    _plural(
        "x509Certificates",
        "certificate",
        "Certificates issued to the user.",
        value=Attribute("value", "binary", "The certificate, DER in base64.", case_exact=True),
    ),
)

USER_SCHEMA = Schema(USER_URN, "User", "User account", _SINGULAR + _PLURAL)
