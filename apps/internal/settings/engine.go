package settings

import "github.com/marketbrewer/marketbrewer/core/engine"

// EngineOptions are the engine's options by these settings. A function that makes no calls passes Calls{}: the engine's
// defaults.
func EngineOptions(s Shared, c Calls) (*engine.Options, error) {
	tables, err := s.PriceTables()
	if err != nil {
		return nil, err
	}
	return &engine.Options{
		Prices: tables, Epoch: s.Epoch, RequireBudget: s.RequireBudget,
		Calls: c.Calls, CallTimeout: c.CallTimeout, Margin: c.Margin, Lease: c.Lease,
		FlushResults: c.FlushResults, FlushAfter: c.FlushAfter, FlushBefore: c.FlushBefore,
	}, nil
}
