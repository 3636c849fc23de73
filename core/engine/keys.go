package engine

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Kinds of records, for people and tools that look into a store.
const (
	kindJob    = "job"
	kindInput  = "input"
	kindEvent  = "event"
	kindSeal   = "seal"
	kindShard  = "shard"
	kindParcel = "parcel"
	kindAnswer = "answer"
	kindBlock  = "block"
	kindIndex  = "index"
	kindActive = "active"
	kindTenant = "tenant"
	kindMonth  = "month"
	kindOnce   = "idempotency"
	kindNotice = "notice"
)

// The partitions: a job's header, input and events; one for each shard's header, parcels and answers; one for each
// shard's ledger, so that deletes there can be forbidden; a tenant's index and months; and the lists of what is alive.
const (
	partActive  = "active"
	partOutbox  = "outbox"
	partTenants = "tenants"
	partGlobal  = "global"
)

func jobPart(id job.ID) string { return "job/" + string(id) }

func shardPart(id job.ID, shard int) string { return fmt.Sprintf("job/%s/s%02d", id, shard) }

func ledgerPart(id job.ID, shard int) string { return fmt.Sprintf("job/%s/l%02d", id, shard) }

func tenantPart(tenant string) string { return "tenant/" + tenant }

func jobKey(id job.ID) ports.Key { return ports.Key{Partition: jobPart(id), Sort: "header"} }

func inputKey(id job.ID, chunk int) ports.Key {
	return ports.Key{Partition: jobPart(id), Sort: fmt.Sprintf("input/%03d", chunk)}
}

func eventKey(id job.ID, seq int) ports.Key {
	return ports.Key{Partition: jobPart(id), Sort: fmt.Sprintf("event/%06d", seq)}
}

func sealKey(id job.ID, round int) ports.Key {
	return ports.Key{Partition: jobPart(id), Sort: fmt.Sprintf("seal/%04d", round)}
}

func shardKey(id job.ID, shard int) ports.Key {
	return ports.Key{Partition: shardPart(id, shard), Sort: "header"}
}

func parcelKey(id job.ID, shard, parcel int) ports.Key {
	return ports.Key{Partition: shardPart(id, shard), Sort: fmt.Sprintf("p/%08d", parcel)}
}

func answerKey(id job.ID, shard, ordinal, attempt int) ports.Key {
	return ports.Key{Partition: shardPart(id, shard), Sort: fmt.Sprintf("a/%08d/%06d", ordinal, attempt)}
}

func blockKey(id job.ID, shard int, first int64) ports.Key {
	return ports.Key{Partition: ledgerPart(id, shard), Sort: fmt.Sprintf("b/%012d", first)}
}

func indexKey(tenant string, id job.ID) ports.Key {
	return ports.Key{Partition: tenantPart(tenant), Sort: "job/" + string(id)}
}

func onceKey(tenant, hashed string) ports.Key {
	return ports.Key{Partition: tenantPart(tenant), Sort: "once/" + hashed}
}

func monthKey(tenant, month string) ports.Key {
	if tenant == "" {
		return ports.Key{Partition: partGlobal, Sort: "month/" + month}
	}
	return ports.Key{Partition: tenantPart(tenant), Sort: "month/" + month}
}

func activeKey(id job.ID) ports.Key { return ports.Key{Partition: partActive, Sort: string(id)} }

func tenantKey(tenant string) ports.Key { return ports.Key{Partition: partTenants, Sort: tenant} }

func noticeKey(id string) ports.Key { return ports.Key{Partition: partOutbox, Sort: id} }
