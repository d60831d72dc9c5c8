"""The commands for companies, payments and internal numbers.

Each opens the portal's database, changes one thing in one transaction, and says what it did.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cxreports.cli.context import As, portal_of, print_rows, settings_of
from cxreports.cli.frames import Output, iso, money
from cxreports.errors import CxreportsError

if TYPE_CHECKING:
    from decimal import Decimal

    from cxreports.accounts.balances import Balance
    from cxreports.portal.tables import Company, Payment

companies: Final = typer.Typer(no_args_is_help=True, help="Customers: names, currencies, limits, zones.")
payments: Final = typer.Typer(no_args_is_help=True, help="What companies have paid.")
numbers: Final = typer.Typer(no_args_is_help=True, help="Internal number blocks, and extensions out of them.")

CompanyId = Annotated[str, typer.Argument(metavar="COMPANY", help="The customer id that its CDRs bear.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The company's name.")]
NewName = Annotated[str | None, typer.Option("--name", help="The company's name.")]
Contact = Annotated[str | None, typer.Option(help="Who is spoken to there.")]
Currency = Annotated[str | None, typer.Option(help="ISO 4217 code of its account: USD.")]
DebitLimit = Annotated[str | None, typer.Option(help="How far below zero its balance may go.")]
Tax = Annotated[str | None, typer.Option(help="Tax number or rate, as it is printed.")]
Paypal = Annotated[str | None, typer.Option(help="Address of its PayPal account.")]
Channels = Annotated[str | None, typer.Option(help="Channels configured for it; '' for no limit.")]
Zone = Annotated[str | None, typer.Option(help="IANA name of its local time: Europe/Madrid.")]
LowBalance = Annotated[str | None, typer.Option(help="Balance at which it is warned; '' for zero.")]


@companies.command("add")
def add_company(
    ctx: typer.Context,
    company: CompanyId,
    name: Name,
    contact: Contact = None,
    currency: Currency = None,
    debit_limit: DebitLimit = None,
    tax: Tax = None,
    paypal: Paypal = None,
    channel_limit: Channels = None,
    zone: Zone = None,
    low_balance: LowBalance = None,
) -> None:
    """Add a company."""
    from cxreports.portal.companies import companies as kept

    fields = _given(
        contact=contact,
        currency=currency,
        debit_limit=debit_limit,
        tax=tax,
        paypal=paypal,
        channel_limit=channel_limit,
        zone=zone,
        low_balance=low_balance,
    )
    with portal_of(ctx) as database, database.writing() as db:
        kept.add(db, company, name, **fields)
    typer.echo(f"added {company}")


@companies.command("change")
def change_company(
    ctx: typer.Context,
    company: CompanyId,
    name: NewName = None,
    contact: Contact = None,
    currency: Currency = None,
    debit_limit: DebitLimit = None,
    tax: Tax = None,
    paypal: Paypal = None,
    channel_limit: Channels = None,
    zone: Zone = None,
    low_balance: LowBalance = None,
) -> None:
    """Change some of a company's fields."""
    from cxreports.portal.companies import companies as kept

    fields = _given(
        name=name,
        contact=contact,
        currency=currency,
        debit_limit=debit_limit,
        tax=tax,
        paypal=paypal,
        channel_limit=channel_limit,
        zone=zone,
        low_balance=low_balance,
    )
    with portal_of(ctx) as database, database.writing() as db:
        kept.change(db, company, **fields)
    typer.echo(f"changed {company}")


@companies.command("list")
def list_companies(ctx: typer.Context, output: As = Output.TABLE) -> None:
    """List the companies, with what is left of their payments after the charges of their calls."""
    from cxreports.accounts.balances import balances
    from cxreports.desk.clerk import ledgers
    from cxreports.lake.store import Store
    from cxreports.portal.companies import companies as kept

    snapshot = Store(settings_of(ctx)).snapshot()
    with portal_of(ctx) as database, database.reading() as db:
        found = balances(ledgers(db), snapshot)
        rows = [_company_row(company, found[company.id]) for company in kept.all_companies(db)]
    print_rows(rows, output)


@payments.command("add", context_settings={"ignore_unknown_options": True})
def add_payment(
    ctx: typer.Context,
    company: CompanyId,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="1250.00; below zero: given back.")],
    kind: Annotated[str, typer.Option(help="payment or adjustment.")] = "payment",
    status: Annotated[str, typer.Option(help="completed, pending or cancelled.")] = "completed",
    currency: Annotated[str | None, typer.Option(help="To be checked against the company's.")] = None,
    reference: Annotated[str | None, typer.Option(help="The payment provider's; once a company.")] = None,
    note: Annotated[str, typer.Option(help="What else there is to say.")] = "",
    made_at: Annotated[
        str | None, typer.Option("--at", metavar="T", help="When; ISO 8601, UTC unless it has an offset.")
    ] = None,
) -> None:
    """Add a payment or an adjustment to a company's ledger."""
    from cxreports.portal.companies import ledger

    with portal_of(ctx) as database, database.writing() as db:
        payment = ledger.add(
            db,
            company,
            amount,
            kind=kind,
            status=status,
            currency=currency,
            reference=reference,
            note=note,
            made_at=made_at,
        )
    typer.echo(f"added {payment.kind} {payment.id}: {money(payment.amount)} {payment.currency}")


@payments.command("list")
def list_payments(
    ctx: typer.Context,
    company: Annotated[str | None, typer.Argument(metavar="COMPANY", help="Of one company alone.")] = None,
    output: As = Output.TABLE,
) -> None:
    """List payments and adjustments, newest first."""
    from cxreports.portal.companies import ledger

    with portal_of(ctx) as database, database.reading() as db:
        print_rows(map(_payment_row, ledger.entries(db, company)), output, ids=("number",))


@payments.command("import")
def import_payments(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="company, amount, reference and more.")],
) -> None:
    """Add the payments of a CSV file that are not there yet: all, or none if a line is wrong.

    The first line names the columns: company, amount and reference; currency, kind, status, made_at
    and note may be there too.
    """
    from cxreports.portal.companies.payment_file import import_csv

    with portal_of(ctx) as database, database.writing() as db:
        report = import_csv(db, file)
    typer.echo(f"{file}: {report.rows:,} payments, {report.added:,} added, {report.known:,} there already")


PaymentId = Annotated[int, typer.Argument(metavar="NUMBER", help="Number that `payment list` says.")]


@payments.command("complete")
def complete_payment(ctx: typer.Context, number: PaymentId) -> None:
    """Count a pending payment in the balance."""
    _settle(ctx, number, "completed")


@payments.command("cancel")
def cancel_payment(ctx: typer.Context, number: PaymentId) -> None:
    """Take a payment out of the balance; it stays in the ledger."""
    _settle(ctx, number, "cancelled")


@numbers.command("settings")
def number_settings(
    ctx: typer.Context,
    first: Annotated[str | None, typer.Argument(metavar="FIRST", help="Where blocks begin: 1000.")] = None,
    size: Annotated[str | None, typer.Argument(metavar="SIZE", help="Numbers in a block: 1000.")] = None,
) -> None:
    """Choose where blocks begin and how large they are, once; without arguments show it."""
    from cxreports.portal.companies import number_blocks

    with portal_of(ctx) as database, database.writing() as db:
        if first is not None and size is not None:
            number_blocks.choose_settings(db, first, size)
        elif first is not None:
            raise CxreportsError("say the size of a block too: numbers settings FIRST SIZE")
        chosen = number_blocks.settings(db)
    if chosen is None:
        typer.echo("not chosen yet: numbers settings FIRST SIZE")
    else:
        typer.echo(f"blocks of {chosen.size} numbers from {chosen.first} on")


@numbers.command("assign")
def assign_block(ctx: typer.Context, company: CompanyId) -> None:
    """Give a company the next free block."""
    from cxreports.portal.companies import number_blocks

    with portal_of(ctx) as database, database.writing() as db:
        block = number_blocks.assign(db, company)
    typer.echo(f"{company}: {block.first} to {number_blocks.last(block)}")


@numbers.command("release")
def release_block(
    ctx: typer.Context,
    company: CompanyId,
    with_extensions: Annotated[bool, typer.Option(help="Remove its extensions in the block too.")] = False,
) -> None:
    """Take a company's block back."""
    from cxreports.portal.companies import number_blocks

    with portal_of(ctx) as database, database.writing() as db:
        number_blocks.release(db, company, with_extensions=with_extensions)
    typer.echo(f"released the block of {company}")


@numbers.command("list")
def list_blocks(ctx: typer.Context, output: As = Output.TABLE) -> None:
    """List the blocks that are assigned, and the extensions of each company."""
    from cxreports.portal.companies import companies as kept
    from cxreports.portal.companies import number_blocks

    with portal_of(ctx) as database, database.reading() as db:
        rows = []
        for company in kept.all_companies(db):
            block = number_blocks.block_of(db, company.id)
            used = [each.number for each in number_blocks.extensions(db, company.id)]
            if block or used:
                first, last = (block.first, number_blocks.last(block)) if block else (None, None)
                row: dict[str, Any] = {"first": first, "last": last, "extensions": " ".join(map(str, used))}
                rows.append({"company": company.id} | row)
        print_rows(rows, output, ids=("first", "last"))


@numbers.command("add")
def add_extension(
    ctx: typer.Context,
    company: CompanyId,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The extension.")],
    name: Annotated[str, typer.Option(help="Whose it is.")] = "",
) -> None:
    """Give a company an extension out of its block."""
    from cxreports.portal.companies import number_blocks

    with portal_of(ctx) as database, database.writing() as db:
        number_blocks.add_extension(db, company, number, name=name)
        warning = number_blocks.warning(db, company)
    typer.echo(f"{company}: added {number}")
    if warning:
        typer.echo(warning, err=True)


@numbers.command("remove")
def remove_extension(
    ctx: typer.Context,
    company: CompanyId,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The extension.")],
) -> None:
    """Take an extension of a company away."""
    from cxreports.portal.companies import number_blocks

    with portal_of(ctx) as database, database.writing() as db:
        number_blocks.remove_extension(db, company, number)
    typer.echo(f"{company}: removed {number}")


def _settle(ctx: typer.Context, number: int, status: str) -> None:
    from cxreports.portal.companies import ledger

    with portal_of(ctx) as database, database.writing() as db:
        payment = ledger.change_status(db, number, status)
    typer.echo(f"{payment.kind} {number} of {payment.company_id} is {status}")


def _given(**fields: str | None) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _company_row(company: "Company", balance: "Balance") -> dict[str, Any]:
    return {
        "id": company.id,
        "name": company.name,
        "currency": company.currency,
        "channel_limit": company.channel_limit,
        "zone": company.zone,
        "debit_limit": money(company.debit_limit),
        "low_balance": _money(company.low_balance),
        "contact": company.contact,
        "tax": company.tax,
        "paypal": company.paypal,
        "received": money(balance.received),
        "charged": money(balance.charged),
        "balance": money(balance.left),
        "other_charges": ", ".join(f"{money(cost)} {code}" for code, cost in sorted(balance.foreign.items())),
    }


def _payment_row(payment: "Payment") -> dict[str, Any]:
    return {
        "number": payment.id,
        "company": payment.company_id,
        "made_at": iso(payment.made_at),
        "kind": payment.kind.value,
        "status": payment.status.value,
        "amount": money(payment.amount),
        "currency": payment.currency,
        "reference": payment.reference,
        "note": payment.note,
    }


def _money(amount: "Decimal | None") -> str | None:
    return None if amount is None else money(amount)
