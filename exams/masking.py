"""What must not be shown because it is being asked right now."""

from accounts.models import User
from exams.models import Attempt, FormItem


def items_being_asked(user: User | int) -> set[int]:
    """Ids of items of the person's open exams.

    They are left out of older reports and of practice altogether: not only the key, the section that an item stands
    in would tell as well.
    """
    open_attempts = Attempt.objects.filter(user=user).open()
    return set(FormItem.objects.filter(exam_form__attempts__in=open_attempts).values_list("item_id", flat=True))
