"""Taking a payment: an account's open items become a cart, the cart is paid, the receipt is shown."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.cashiering import forms, operations, permissions
from curbstop.cashiering.queries import account_named, accounts_like, carts_visible_to, open_drawer_of
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import open_items_of


@requires(permissions.TAKE_PAYMENT)
def counter(request: StaffRequest) -> HttpResponse:
    """Start at the counter: the cashier's drawer, and whose payment it is."""
    drawer = open_drawer_of(request.user)
    sought = request.GET.get("number", "").strip()
    if drawer is None:
        return redirect(_address("cashiering:open_drawer", sought))
    form = forms.FindAccount(request.GET if "number" in request.GET else None)
    account, hits = None, []
    if form.is_valid():
        account = account_named(sought, request.user)
        hits = [] if account else accounts_like(sought, request.user)
        if not account and not hits:
            form.add_error("number", "No account matches. Try the beginning of a name, or an account number.")
    items = open_items_of(account.debtor_id) if account else ()
    if items or hits:
        form.give_way()
    context = {
        "drawer": drawer,
        "form": form,
        "account": account,
        "hits": hits,
        "items": items,
        "total_cents": sum(item.balance_cents for item in items),
        "key": uuid4(),
    }
    return render(request, "cashiering/counter.html", context)


@require_POST
@requires(permissions.TAKE_PAYMENT)
def open_cart(request: StaffRequest) -> HttpResponse:
    """Open a cart with everything that an account owes."""
    account = get_object_or_404(accounts_visible_to(request.user), number=request.POST.get("number", ""))
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        return render(
            request, "cashiering/refused.html", {"refusal": "This page is too old. Open it again."}, status=400
        )
    amounts = {item.id: item.balance_cents for item in open_items_of(account.debtor_id)}
    if not amounts or open_drawer_of(request.user) is None:
        # The counter tells that nothing is owed, or asks for the drawer first and comes back to this account.
        return redirect(_address("cashiering:counter", account.number))
    try:
        cart = operations.open_cart(key=key, cashier=request.user, amounts=amounts, at=timezone.now())
    except operations.CartRefused as refusal:
        return render(request, "cashiering/refused.html", {"refusal": refusal}, status=409)
    if cart.receipts.exists():  # A page from the browser's memory, opened before the last payment.
        return redirect(_address("cashiering:counter", account.number))
    return redirect("cashiering:cart", cart.key)


@requires(permissions.TAKE_PAYMENT)
def add_account(request: StaffRequest, key: UUID) -> HttpResponse:
    """Add another account's open items to a cart: one customer, one payment, many accounts.

    A number adds at once; anything else lists the accounts it may mean, for the clerk to choose.
    """
    cart = get_object_or_404(carts_visible_to(request.user), key=key)
    form = forms.FindAccount(request.POST or None)
    hits = []
    if request.method == "POST" and form.is_valid():
        account = account_named(form.cleaned_data["number"], request.user)
        owed = open_items_of(account.debtor_id) if account else ()
        if owed:
            amounts = dict(cart.items.values_list("open_item_id", "amount_cents"))
            amounts |= {item.id: item.balance_cents for item in owed}
            try:
                operations.fill_cart(cart=cart, amounts=amounts)
            except operations.CartRefused as refusal:
                return render(request, "cashiering/refused.html", {"refusal": refusal, "cart": cart}, status=409)
            return redirect("cashiering:cart", cart.key)
        hits = [] if account else accounts_like(form.cleaned_data["number"], request.user)
        if account:
            form.add_error("number", f"Account {account.number} owes nothing, so nothing was added.")
        elif not hits:
            form.add_error("number", "No account matches, so nothing was added. Try the beginning of a name.")
    return render(request, "cashiering/add_account.html", {"cart": cart, "form": form, "hits": hits})


@requires(permissions.TAKE_PAYMENT)
def cart(request: StaffRequest, key: UUID) -> HttpResponse:
    """Show the payment form for one cart, and take the payment."""
    shown = get_object_or_404(carts_visible_to(request.user), key=key)
    drawer = open_drawer_of(request.user)
    wanted = dict(shown.items.values_list("open_item_id", "amount_cents"))
    form = forms.TakePayment(request.POST or None, wanted=wanted, drawer=drawer)
    # Where no script adds up, a button of its own does, and takes no money.
    if request.method == "POST" and form.is_valid() and "reckon" not in request.POST:
        at = timezone.now()
        try:
            if form.amounts != wanted:
                operations.fill_cart(cart=shown, amounts=form.amounts)
            receipt = operations.take_payment(
                cart=shown, tenders=form.tenders, cashier=request.user, at=at, confirmed=form.confirmed
            )
        except operations.ConfirmationWanted as refusal:
            form.ask(refusal, wanted=refusal.wanted)
        except (operations.PaymentRefused, operations.CartRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("cashiering:receipt", receipt.pk)
    elif request.method != "POST" and shown.receipts.exists():
        return redirect("cashiering:receipt", shown.receipts.get().pk)
    return render(request, "cashiering/cart.html", {"cart": shown, "form": form, "drawer": drawer})


def _address(route: str, number: str) -> str:
    """Return the address of a page that goes on with an account, if one was named."""
    return f"{reverse(route)}?{urlencode({'number': number})}" if number else reverse(route)
