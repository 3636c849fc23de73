package dynamostore

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// condition is a condition expression with its values.
type condition struct {
	expression string
	values     item
}

const (
	whereAbsent = "attribute_not_exists(p)"
	whereStands = "v = :v AND w = :w"
	// A record that nobody looked at may be created where there is none, or where one has expired, if its version is lower:
	// versions go up over what has expired too.
	whereFree = "attribute_not_exists(p) OR (t <= :t AND v < :v)"
)

// conditionOf is what must hold for a record when the commit comes: what was read of it stands, expired or not. What was
// written without a look needs a free place.
func conditionOf(e *entry, now, version int64) condition {
	switch {
	case !e.Got:
		return condition{whereFree, item{":t": number(now), ":v": number(version)}}
	case e.Stored == nil:
		return condition{expression: whereAbsent}
	default:
		return condition{whereStands, item{":v": number(e.Stored.Version), ":w": &types.AttributeValueMemberB{Value: e.Own.writer[:]}}}
	}
}
