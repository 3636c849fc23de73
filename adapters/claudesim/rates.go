package claudesim

import (
	"fmt"
	"iter"
	"math"
)

// Faults are the rates at which each fault happens, 0 to 1. Those that one request may meet add up to at most
// 1: all of the first two blocks, the two of creating a batch, the four of a batch's line.
type Faults struct {
	Status429, Status529, Status500, Status504 float64
	ResetBefore, ResetAfter, Hang, Cut         float64
	Truncate, Malformed, Schema                float64
	Refusal, Empty, StopReason, Usage          float64
	CacheMiss, CacheRewrite                    float64

	Status429Bare, Status429Long, SpendCap, LimitOrganization, LimitWorkspace float64
	Status402, Status409, Status413, Status502                                float64
	SlowHeaders, SlowBody, StreamError                                        float64
	ThinkingOnly, EnumCase, OtherModel, RefusalLate                           float64

	BatchCreateReset, BatchCreateLost                        float64
	BatchErrored, BatchExpired, BatchDuplicate, BatchMissing float64
	BatchResultsCut                                          float64
}

// faultGroup is the faults of which a request meets at most one.
type faultGroup int

const (
	groupMessage faultGroup = iota
	groupCreate
	groupLine
	groupResults
)

// faultRate is one fault with its rate.
type faultRate struct {
	name  Fault
	group faultGroup
	rate  *float64
}

func (f *Faults) list() []faultRate {
	return []faultRate{
		{Fault429, groupMessage, &f.Status429},
		{Fault529, groupMessage, &f.Status529},
		{Fault500, groupMessage, &f.Status500},
		{Fault504, groupMessage, &f.Status504},
		{FaultResetBefore, groupMessage, &f.ResetBefore},
		{FaultResetAfter, groupMessage, &f.ResetAfter},
		{FaultHang, groupMessage, &f.Hang},
		{FaultCut, groupMessage, &f.Cut},
		{FaultTruncate, groupMessage, &f.Truncate},
		{FaultMalformed, groupMessage, &f.Malformed},
		{FaultSchema, groupMessage, &f.Schema},
		{FaultRefusal, groupMessage, &f.Refusal},
		{FaultEmpty, groupMessage, &f.Empty},
		{FaultStopReason, groupMessage, &f.StopReason},
		{FaultUsage, groupMessage, &f.Usage},
		{FaultCacheMiss, groupMessage, &f.CacheMiss},
		{FaultCacheRewrite, groupMessage, &f.CacheRewrite},
		{Fault429Bare, groupMessage, &f.Status429Bare},
		{Fault429Long, groupMessage, &f.Status429Long},
		{FaultSpendCap, groupMessage, &f.SpendCap},
		{FaultLimitOrganization, groupMessage, &f.LimitOrganization},
		{FaultLimitWorkspace, groupMessage, &f.LimitWorkspace},
		{Fault402, groupMessage, &f.Status402},
		{Fault409, groupMessage, &f.Status409},
		{Fault413, groupMessage, &f.Status413},
		{Fault502, groupMessage, &f.Status502},
		{FaultSlowHeaders, groupMessage, &f.SlowHeaders},
		{FaultSlowBody, groupMessage, &f.SlowBody},
		{FaultStreamError, groupMessage, &f.StreamError},
		{FaultThinkingOnly, groupMessage, &f.ThinkingOnly},
		{FaultEnumCase, groupMessage, &f.EnumCase},
		{FaultOtherModel, groupMessage, &f.OtherModel},
		{FaultRefusalLate, groupMessage, &f.RefusalLate},
		{FaultBatchCreateReset, groupCreate, &f.BatchCreateReset},
		{FaultBatchCreateLost, groupCreate, &f.BatchCreateLost},
		{FaultBatchErrored, groupLine, &f.BatchErrored},
		{FaultBatchExpired, groupLine, &f.BatchExpired},
		{FaultBatchDuplicate, groupLine, &f.BatchDuplicate},
		{FaultBatchMissing, groupLine, &f.BatchMissing},
		{FaultBatchResultsCut, groupResults, &f.BatchResultsCut},
	}
}

// All gives every fault with its rate, in the order in which they are drawn; rates may be set through the
// pointers.
func (f *Faults) All() iter.Seq2[Fault, *float64] {
	return func(yield func(Fault, *float64) bool) {
		for _, fault := range f.list() {
			if !yield(fault.name, fault.rate) {
				return
			}
		}
	}
}

// rounding forgives sums such as ten times 0.1.
const rounding = 1e-9

func (f *Faults) check() error {
	sums := map[faultGroup]float64{}
	for _, fault := range f.list() {
		if rate := *fault.rate; math.IsNaN(rate) || rate < 0 || rate > 1 {
			return fmt.Errorf("fault-%s %v is not a rate: give a number from 0 to 1", fault.name, rate)
		}
		sums[fault.group] += *fault.rate
	}
	for g := groupMessage; g <= groupResults; g++ {
		if sums[g] > 1+rounding {
			return fmt.Errorf("the fault rates add up to %.4g: lower them to a sum of at most 1", sums[g])
		}
	}
	return nil
}

// pick chooses the fault of a group for a draw in [0,1).
func (f *Faults) pick(g faultGroup, draw float64) Fault {
	for _, fault := range f.list() {
		if fault.group != g {
			continue
		}
		if draw < *fault.rate {
			return fault.name
		}
		draw -= *fault.rate
	}
	return FaultNone
}

// ofAnswer is the fault if it changes what the model writes; the line of a batch meets no others.
func (f Fault) ofAnswer() Fault {
	switch f {
	case FaultTruncate, FaultMalformed, FaultSchema, FaultRefusal, FaultEmpty, FaultStopReason, FaultUsage,
		FaultCacheMiss, FaultCacheRewrite, FaultThinkingOnly, FaultEnumCase, FaultOtherModel, FaultRefusalLate:
		return f
	}
	return FaultNone
}

func (f Fault) cacheMode() cacheMode {
	switch f {
	case FaultCacheMiss:
		return cacheOff
	case FaultCacheRewrite:
		return cacheCold
	}
	return cacheWorks
}
