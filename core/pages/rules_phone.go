package pages

import "strings"

// checkPhone wants the phone number in body, sections or call to action.
func (j *judge) checkPhone() {
	wanted := significant(digits(j.column.values[slot("phone")]))
	for _, text := range append(j.content.copy(), j.content.CTA) {
		if hasPhone(text, wanted) {
			return
		}
	}
	j.flag(FlagPhone)
}

// hasPhone finds the digits in a run that looks like a phone number: groups of digits with "+-() ." between them. The
// run may have other numbers before and after, which people write next to a phone number.
func hasPhone(text, wanted string) bool {
	notPhone := func(r rune) bool {
		return (r < '0' || r > '9') && !strings.ContainsRune("+-(). \u00a0\u2011\u2013", r)
	}
	for _, run := range strings.FieldsFunc(text, notPhone) {
		groups := strings.FieldsFunc(run, func(r rune) bool { return r < '0' || r > '9' })
		for i := range groups {
			together := ""
			for _, group := range groups[i:] {
				if together += group; len(together) > len(wanted)+1 {
					break
				}
				if significant(together) == wanted {
					return true
				}
			}
		}
	}
	return false
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// significant leaves out the country code of North America, which may be written or not.
func significant(digits string) string {
	if len(digits) == 11 && digits[0] == '1' {
		return digits[1:]
	}
	return digits
}
