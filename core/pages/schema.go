package pages

// schema is the JSON Schema of a page. The order of its properties is the order in which the model writes them.
const schema = `{"type":"object","properties":{` +
	`"title":{"type":"string","description":"Title tag, 1 to 70 characters"},` +
	`"meta_description":{"type":"string","description":"Meta description, 1 to 160 characters"},` +
	`"h1":{"type":"string","description":"Main heading"},` +
	`"body":{"type":"string","description":"Introduction, plain text, paragraphs split by a blank line"},` +
	`"sections":{"type":"array","minItems":1,"description":"1 to 12 sections","items":{"type":"object","properties":{` +
	`"heading":{"type":"string"},` +
	`"content":{"type":"string","description":"Plain text, paragraphs split by a blank line"}},` +
	`"required":["heading","content"],"additionalProperties":false}},` +
	`"cta":{"type":"string","description":"Closing call to action"}},` +
	`"required":["title","meta_description","h1","body","sections","cta"],"additionalProperties":false}`
