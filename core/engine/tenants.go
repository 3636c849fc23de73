package engine

import (
	"context"

	"github.com/marketbrewer/marketbrewer/ports"
)

// Tenants lists all who have ever submitted a job, by their ids.
func (e *Engine) Tenants(ctx context.Context) ([]string, error) {
	var tenants []string
	err := e.each(ctx, ports.Range{Partition: partTenants}, func(record ports.Record) error {
		tenants = append(tenants, record.Key.Sort)
		return nil
	})
	return tenants, err
}
