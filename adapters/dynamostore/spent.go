package dynamostore

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// writeStep is how many bytes one write unit covers.
const writeStep = 1024

// unitsOf is how many write units an item of a size takes.
func unitsOf(size int) float64 { return float64(max(1, (size+writeStep-1)/writeStep)) }

// spent is what a write took whose condition did not hold: DynamoDB bills the larger one of old and new item and does not
// say so.
func (p *step) spent(err error) units {
	var condition *types.ConditionalCheckFailedException
	if !errors.As(err, &condition) {
		return units{}
	}
	return units{write: unitsOf(max(p.size, itemSize(condition.Item)))}
}

// spent is the same for a transaction, in which everything takes twice as much.
func (p *plan) spent(err error) units {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return units{}
	}
	var used units
	for i := range p.steps {
		size := p.steps[i].size
		if stands := p.steps[i].e.stored; stands != nil {
			size = max(size, stands.size)
		}
		used.write += 2 * unitsOf(size)
	}
	return used
}
