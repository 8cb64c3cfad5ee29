"""Taking a payment: an account's open items become a cart, the cart is paid, the receipt is shown."""

from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.cashiering import forms, operations, permissions
from curbstop.cashiering.queries import carts_visible_to, open_drawer_of
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import open_items_of, open_items_with


@requires(permissions.TAKE_PAYMENT)
def counter(request: StaffRequest) -> HttpResponse:
    """Start at the counter: the cashier's drawer, and an account number to take a payment for."""
    drawer = open_drawer_of(request.user)
    if drawer is None:
        return redirect("cashiering:open_drawer")
    form = forms.AddAccount(request.GET if "number" in request.GET else None)
    account = None
    if form.is_valid():
        number = form.cleaned_data["number"]
        account = accounts_visible_to(request.user).filter(number=number).select_related("customer", "premises").first()
        if account is None:
            form.add_error("number", "No account has this number. Search by name or address instead.")
    items = open_items_of(account.debtor_id) if account else ()
    context = {"drawer": drawer, "form": form, "account": account, "items": items, "key": uuid4()}
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
    try:
        cart = operations.open_cart(key=key, cashier=request.user, amounts=amounts, at=timezone.now())
    except operations.CartRefused as refusal:
        return render(request, "cashiering/refused.html", {"refusal": refusal}, status=409)
    return redirect("cashiering:cart", cart.key)


@require_POST
@requires(permissions.TAKE_PAYMENT)
def add_account(request: StaffRequest, key: UUID) -> HttpResponse:
    """Add another account's open items to a cart: one customer, one payment, many accounts."""
    cart = get_object_or_404(carts_visible_to(request.user), key=key)
    form = forms.AddAccount(request.POST)
    account = form.is_valid() and accounts_visible_to(request.user).filter(number=form.cleaned_data["number"]).first()
    if not account:
        refusal = "No account has this number, so nothing was added to the cart."
        return render(request, "cashiering/refused.html", {"refusal": refusal, "cart": cart}, status=404)
    amounts = dict(cart.items.values_list("open_item_id", "amount_cents"))
    amounts |= {item.id: item.balance_cents for item in open_items_of(account.debtor_id)}
    try:
        operations.fill_cart(cart=cart, amounts=amounts)
    except operations.CartRefused as refusal:
        return render(request, "cashiering/refused.html", {"refusal": refusal, "cart": cart}, status=409)
    return redirect("cashiering:cart", cart.key)


@requires(permissions.TAKE_PAYMENT)
def cart(request: StaffRequest, key: UUID) -> HttpResponse:
    """Show the payment form for one cart, and take the payment."""
    shown = get_object_or_404(carts_visible_to(request.user), key=key)
    wanted = dict(shown.items.values_list("open_item_id", "amount_cents"))
    form = forms.TakePayment(request.POST or None, items=open_items_with(wanted), wanted=wanted)
    if request.method == "POST" and form.is_valid():
        try:
            if form.amounts != wanted:
                operations.fill_cart(cart=shown, amounts=form.amounts)
            receipt = operations.take_payment(cart=shown, tenders=form.tenders, cashier=request.user, at=timezone.now())
        except (operations.PaymentRefused, operations.CartRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("cashiering:receipt", receipt.pk)
    elif shown.receipts.exists():
        return redirect("cashiering:receipt", shown.receipts.get().pk)
    context = {"cart": shown, "form": form, "drawer": open_drawer_of(request.user), "total_cents": sum(wanted.values())}
    return render(request, "cashiering/cart.html", context)
