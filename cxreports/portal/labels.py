"""Names of fields, roles and states of the portal, in the reader's language."""

from cxreports.language import _
from cxreports.portal.tables import PaymentKind, PaymentStatus, Role


def profile_labels() -> dict[str, str]:
    """Labels of the fields of a person's profile."""
    return {
        "name": _("Name"),
        "email": _("E-mail"),
        "department": _("Department"),
        "phone": _("Phone"),
        "mobile": _("Mobile"),
    }


def company_labels() -> dict[str, str]:
    """Labels of the fields of a company."""
    return {
        "name": _("Company Name"),
        "contact": _("Contact Name"),
        "currency": _("Currency"),
        "zone": _("Time zone"),
        "tax": _("Tax"),
        "paypal": _("PayPal"),
        "debit_limit": _("Debit Limit"),
        "low_balance": _("Warn at a balance of"),
        "channel_limit": _("Channels"),
    }


def payment_labels() -> dict[str, str]:
    """Names of the kinds and states of a ledger's entries."""
    return {
        PaymentKind.PAYMENT: _("Payment"),
        PaymentKind.ADJUSTMENT: _("Adjustment"),
        PaymentStatus.PENDING: _("Pending"),
        PaymentStatus.COMPLETED: _("Completed"),
        PaymentStatus.CANCELLED: _("Cancelled"),
    }


def role_labels() -> dict[str, str]:
    """Names of the roles that users have."""
    return {Role.CUSTOMER: _("User of a company"), Role.OPERATOR: _("Operator: sees every company")}
