package pages

// The quality flags: what is not quite right with a page that was accepted.
const (
	FlagCity         = "city"
	FlagKeywordTitle = "keyword_title"
	FlagLeak         = "leak"
	FlagPhone        = "phone"
	FlagTrimmed      = "trimmed"
	FlagWordCount    = "word_count"
)

// Flags lists the quality flags that a page may have.
func Flags() []string {
	return []string{FlagCity, FlagKeywordTitle, FlagLeak, FlagPhone, FlagTrimmed, FlagWordCount}
}
