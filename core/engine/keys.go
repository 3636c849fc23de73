package engine

import (
	"strconv"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Kinds of records, for people and tools that look into a store.
const (
	kindJob        = "job"
	kindInput      = "input"
	kindEvent      = "event"
	kindSeal       = "seal"
	kindShard      = "shard"
	kindParcel     = "parcel"
	kindAnswer     = "answer"
	kindBlock      = "block"
	kindIndex      = "index"
	kindActive     = "active"
	kindTenant     = "tenant"
	kindMonth      = "month"
	kindOnce       = "idempotency"
	kindNotice     = "notice"
	kindLost       = "lost"
	kindCollection = "collection"
	kindCreates    = "creates"
	kindProvider   = "provider"
)

// The partitions: a job's header, input and events; one for each shard's header, parcels and answers; one for each
// shard's ledger, so that deletes there can be forbidden; a tenant's index and months; the providers; and the lists of what
// is alive.
const (
	partActive      = "active"
	partOutbox      = "outbox"
	partTenants     = "tenants"
	partGlobal      = "global"
	partProvider    = "provider"
	partCollections = "collections"
)

func jobPart(id job.ID) string { return "job/" + string(id) }

func shardPart(id job.ID, shard int) string {
	return "job/" + string(id) + "/s" + digits(int64(shard), 2)
}

func ledgerPart(id job.ID, shard int) string {
	return "job/" + string(id) + "/l" + digits(int64(shard), 2)
}

// digits writes a number with leading zeros, so that keys sort as numbers do.
func digits(n int64, width int) string {
	const zeros = "000000000000"
	s := strconv.FormatInt(n, 10)
	if len(s) >= width {
		return s
	}
	return zeros[:width-len(s)] + s
}

func tenantPart(tenant string) string { return "tenant/" + tenant }

func jobKey(id job.ID) ports.Key { return ports.Key{Partition: jobPart(id), Sort: "header"} }

func inputKey(id job.ID, chunk int) ports.Key {
	return ports.Key{Partition: jobPart(id), Sort: "input/" + digits(int64(chunk), 3)}
}

func eventKey(id job.ID, seq int) ports.Key {
	return ports.Key{Partition: jobPart(id), Sort: "event/" + digits(int64(seq), 6)}
}

func sealKey(id job.ID, round int) ports.Key {
	return ports.Key{Partition: jobPart(id), Sort: "seal/" + digits(int64(round), 4)}
}

func shardKey(id job.ID, shard int) ports.Key {
	return ports.Key{Partition: shardPart(id, shard), Sort: "header"}
}

func parcelKey(id job.ID, shard, parcel int) ports.Key {
	return ports.Key{Partition: shardPart(id, shard), Sort: "p/" + digits(int64(parcel), 8)}
}

func answerKey(id job.ID, shard, ordinal, attempt int) ports.Key {
	return ports.Key{Partition: shardPart(id, shard), Sort: "a/" + digits(int64(ordinal), 8) + "/" + digits(int64(attempt), 6)}
}

func blockKey(id job.ID, shard int, first int64) ports.Key {
	return ports.Key{Partition: ledgerPart(id, shard), Sort: "b/" + digits(first, 12)}
}

func indexKey(tenant string, id job.ID) ports.Key {
	return ports.Key{Partition: tenantPart(tenant), Sort: "job/" + string(id)}
}

func onceKey(tenant, hashed string) ports.Key {
	return ports.Key{Partition: tenantPart(tenant), Sort: "once/" + hashed}
}

func lostKey(tenant, hashed string) ports.Key {
	return ports.Key{Partition: tenantPart(tenant), Sort: "lost/" + hashed}
}

func monthKey(tenant, month string) ports.Key {
	if tenant == "" {
		return ports.Key{Partition: partGlobal, Sort: "month/" + month}
	}
	return ports.Key{Partition: tenantPart(tenant), Sort: "month/" + month}
}

// collectionKey names one collection of a job's parcels; createsKey the record that lets one create at a time through. No
// job's id begins with a dash.
func collectionKey(id job.ID, number int) ports.Key {
	return ports.Key{Partition: partCollections, Sort: string(id) + "/" + digits(int64(number), 6)}
}

func createsKey() ports.Key { return ports.Key{Partition: partCollections, Sort: "-creates"} }

// providerKey names the record that all processes share about a model.
func providerKey(model string) ports.Key {
	return ports.Key{Partition: partProvider, Sort: model}
}

func activeKey(id job.ID) ports.Key { return ports.Key{Partition: partActive, Sort: string(id)} }

func tenantKey(tenant string) ports.Key { return ports.Key{Partition: partTenants, Sort: tenant} }

func noticeKey(id string) ports.Key { return ports.Key{Partition: partOutbox, Sort: id} }
