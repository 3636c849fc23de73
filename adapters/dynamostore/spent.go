package dynamostore

import (
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// spent is the same for a transaction, in which everything takes twice as much. One that was cancelled for another reason
// was not begun.
func (p *plan) spent(err error) units {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || !slices.ContainsFunc(cancelled.CancellationReasons, isCondition) {
		return units{}
	}
	return p.takes(cancelled.CancellationReasons)
}

// takes is what a transaction takes by the sizes of its records: twice what each would alone, where one that is only
// demanded to stand counts like a write. The reasons, if there are any, know more of what stood there.
func (p *plan) takes(reasons []types.CancellationReason) units {
	var sum units
	for i := range p.steps {
		size := p.steps[i].size
		size = max(size, p.steps[i].e.Own.size)
		if i < len(reasons) {
			size = max(size, itemSize(reasons[i].Item))
		}
		sum.write += 2 * unitsOf(size)
	}
	return sum
}

func isCondition(r types.CancellationReason) bool { return aws.ToString(r.Code) == reasonCondition }
