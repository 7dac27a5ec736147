"""What is said of a number that is typed to check it. Imported when all of it was typed, or when
the number is said again before."""


def verdict(number: str, typed: str, over: bool) -> tuple:
    """Return whether what was typed is right, of a code that has expired or not: title, paragraphs,
    and the first digit that is wrong, -1 for none."""
    wrong = [str(i + 1) for i in range(len(number)) if number[i] != typed[i]]
    if wrong:
        lines = [["is_wrong"], ["expired", "press_red"]] if over else [["is_wrong", "try_again"]]
        return ["digit"] + wrong, lines, int(wrong[0]) - 1
    if over:
        return ["right_but", "expired"], [["press_red"]], -1
    return ["right"], [], -1


def what_stands(typed: str) -> list:
    """Return the parts that say how many digits stand, or that none does any more."""
    return [str(len(typed)), "digit", "saved"] if typed else ["cleared"]
