package engine

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// readOverrun reads the shards that have spent beyond all that was granted, and how much that is together. Such a shard
// holds nothing any more until somebody has raised the cap and resumed, or retried: the new money pays for it first.
func readOverrun(tx ports.Tx, j *job.Job) (shards []job.Shard, overrun cost.Pico, err error) {
	for n := range j.Layout.Shards {
		record, _ := tx.Get(shardKey(j.ID, n))
		s, err := job.UnpackShard(record.Body)
		if err != nil {
			return nil, 0, err
		}
		if s.Account.Overrun > 0 {
			shards, overrun = append(shards, s), overrun+s.Account.Overrun
		}
	}
	return shards, overrun, nil
}

// payOverrun grants the shards what they have spent, as far as the job's free money goes.
func payOverrun(tx ports.Tx, j *job.Job, shards []job.Shard, now time.Time) (err error) {
	paid := cost.Pico(0)
	for _, s := range shards {
		n := min(s.Account.Overrun, j.Account.Free())
		if n <= 0 {
			continue
		}
		if j.Account, err = j.Account.Draw(n); err != nil {
			return err
		}
		if s.Account, err = s.Account.Grant(n); err != nil {
			return err
		}
		s.Account, s.Changed = repaid(s.Account), now
		if end := j.Ends[s.Number]; end != nil {
			end.Account = s.Account
		}
		tx.Put(ports.Record{Key: shardKey(j.ID, s.Number), Kind: kindShard, Body: s.Pack()})
		paid += n
	}
	if paid > 0 {
		tx.Create(ownEvent(j, "overrun_paid", now, map[string]string{"amount_usd": paid.String()}))
	}
	return nil
}
