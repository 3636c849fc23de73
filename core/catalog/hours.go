package catalog

import (
	"slices"
	"strings"
)

// DayHours is when the business is open on one day of the week. A catalog has all seven days or none.
type DayHours struct {
	// DayOfWeek is Monday, Tuesday, ... Sunday.
	DayOfWeek string `json:"day_of_week"`
	// Opens and Closes are HH:MM; Closes may be 24:00, and earlier than Opens when the business closes after midnight.
	// Both are set on an open day and neither on a closed one.
	Opens    string `json:"opens,omitempty"`
	Closes   string `json:"closes,omitempty"`
	IsClosed bool   `json:"is_closed,omitempty"`
}

// Weekdays lists the days in the order that hours are kept in.
func Weekdays() []string {
	return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
}

func (k *checker) hours(days []DayHours) []DayHours {
	const path = "/hours"
	if len(days) == 0 {
		return nil
	}
	seen := map[string]bool{}
	for i := range days {
		k.day(at(path, i), &days[i], seen)
	}
	var absent []string
	for _, name := range Weekdays() {
		if !seen[name] {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		k.add(path, "%s missing; list all seven days, closed ones with is_closed: true, or leave hours out",
			strings.Join(absent, ", ")).as(CodeRequired)
	}
	slices.SortStableFunc(days, func(a, b DayHours) int {
		return slices.Index(Weekdays(), a.DayOfWeek) - slices.Index(Weekdays(), b.DayOfWeek)
	})
	return days
}

func (k *checker) day(path string, d *DayHours, seen map[string]bool) {
	d.DayOfWeek, d.Opens, d.Closes = trim(d.DayOfWeek), trim(d.Opens), trim(d.Closes)
	switch {
	case !slices.Contains(Weekdays(), d.DayOfWeek):
		k.add(path+"/day_of_week", "%s is no day; write Monday, Tuesday, ... Sunday", shown(d.DayOfWeek)).as(CodeNotAllowed)
	case seen[d.DayOfWeek]:
		k.add(path+"/day_of_week", "%s is listed twice; remove one", written(d.DayOfWeek)).as(CodeDuplicate)
	}
	seen[d.DayOfWeek] = true
	if d.IsClosed {
		if d.Opens != "" || d.Closes != "" {
			k.add(path, "a closed day has no times; remove opens and closes, or is_closed")
		}
		return
	}
	opens := k.clock(path+"/opens", d.Opens, false)
	closes := k.clock(path+"/closes", d.Closes, true)
	if opens && closes && d.Opens == d.Closes {
		k.add(path+"/closes", "opens and closes are both %s; write 00:00 and 24:00 for the whole day", written(d.Opens)).
			plainly("opens and closes are the same time; write 00:00 and 24:00 for the whole day")
	}
}

// clock checks a time of day.
func (k *checker) clock(path, value string, midnight bool) bool {
	if value == "" {
		k.add(path, "missing; write a time such as 09:00, or is_closed: true for a closed day").as(CodeRequired)
		return false
	}
	if validClock(value) || midnight && value == "24:00" {
		return true
	}
	k.add(path, "%s is no time of day; write HH:MM from 00:00 to 23:59", shown(value))
	return false
}

// validClock reports whether value is HH:MM of a day.
func validClock(value string) bool {
	if len(value) != 5 || value[2] != ':' {
		return false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if value[i] < '0' || value[i] > '9' {
			return false
		}
	}
	return value[:2] <= "23" && value[3] <= '5'
}
