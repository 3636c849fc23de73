package dynamofake

import (
	"fmt"
	"strings"
)

// holds evaluates a condition expression: comparisons and attribute_not_exists, joined by AND and OR, with brackets. It
// demands, as DynamoDB does, that every value is used and every one that is used is there.
func holds(expression string, values Item, of Item) (bool, error) {
	if expression == "" {
		return true, nil
	}
	p := &parser{words: split(expression), values: values, of: of, used: map[string]bool{}}
	result := p.or()
	switch {
	case p.failed != "":
		return false, invalid("Invalid ConditionExpression: " + p.failed)
	case len(p.words) > 0:
		return false, invalid("Invalid ConditionExpression: Syntax error; token: " + p.words[0])
	}
	return result, p.allUsed()
}

func split(expression string) []string {
	for _, sign := range []string{"(", ")", ","} {
		expression = strings.ReplaceAll(expression, sign, " "+sign+" ")
	}
	return strings.Fields(expression)
}

type parser struct {
	words  []string
	values Item
	of     Item
	used   map[string]bool
	failed string
}

func (p *parser) allUsed() error {
	for name := range p.values {
		if !p.used[name] {
			return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {" + name + "}")
		}
	}
	return nil
}

func (p *parser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word
}

func (p *parser) accept(word string) bool {
	if len(p.words) > 0 && p.words[0] == word {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *parser) expect(word string) {
	if got := p.next(); got != word {
		p.fail("Syntax error; token: %q, want %q", got, word)
	}
}

func (p *parser) fail(format string, args ...any) {
	if p.failed == "" {
		p.failed = fmt.Sprintf(format, args...)
	}
}

func (p *parser) or() bool {
	result := p.and()
	for p.accept("OR") {
		result = p.and() || result
	}
	return result
}

func (p *parser) and() bool {
	result := p.term()
	for p.accept("AND") {
		result = p.term() && result
	}
	return result
}

func (p *parser) term() bool {
	switch word := p.next(); word {
	case "(":
		result := p.or()
		p.expect(")")
		return result
	case "attribute_not_exists":
		p.expect("(")
		_, there := p.of[p.next()]
		p.expect(")")
		return !there
	default:
		return p.comparison(word)
	}
}

// comparison is of an attribute with a value. A missing attribute, or one of another type, compares with nothing.
func (p *parser) comparison(name string) bool {
	operator := p.next()
	attribute, there := p.of[name]
	if operator == "BETWEEN" {
		low := p.value()
		p.expect("AND")
		high := p.value()
		return there && compare(attribute, ">=", low) && compare(attribute, "<=", high)
	}
	if !strings.Contains(" = < <= > >= ", " "+operator+" ") {
		p.fail("Syntax error; token: %q", operator)
		return false
	}
	value := p.value()
	return there && compare(attribute, operator, value)
}

func (p *parser) value() Value {
	name := p.next()
	value, there := p.values[name]
	if !there {
		p.fail("An expression attribute value used in expression is not defined; attribute value: %s", name)
	}
	p.used[name] = true
	return value
}

func compare(a Value, operator string, b Value) bool {
	order, ok := a.compare(b)
	if !ok {
		return false
	}
	switch operator {
	case "=":
		return order == 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}
