package teeth

// moneyBugs are of holds, accounts and the ledger.
func moneyBugs() []Bug {
	return []Bug{
		{"no-hold", "a call is made with no money put aside", []Edit{
			{openFile, "	if c.shard.Account, err = c.shard.Account.Hold(hold); err != nil {\n", "	if BUG {\n		hold = 1\n	}\n	if c.shard.Account, err = c.shard.Account.Hold(hold); err != nil {\n"},
		}},
		{"hold-below-worst-case", "a hold covers what a call usually costs", []Edit{{
			openFile, "	return e.options.Prices[0].Bound(r.Model, lane, r.Cache, inputBound(r), int64(r.MaxTokens))\n", "	if BUG {\n		r.MaxTokens = r.MaxTokens * 3 / 4\n	}\n	return e.options.Prices[0].Bound(r.Model, lane, r.Cache, inputBound(r), int64(r.MaxTokens))\n",
		}}},
		{"ledger-outside-update", "a crash between Update and ledger loses entries", []Edit{
			{foldFile, "	c.tx.Create(ports.Record{Key: blockKey(c.f.id, c.shard.Number, block.First), Kind: kindBlock, Body: body})\n", "	if record := (ports.Record{Key: blockKey(c.f.id, c.shard.Number, block.First), Kind: kindBlock, Body: body}); BUG {\n		c.afterwards = append(c.afterwards, record)\n	} else {\n		c.tx.Create(record)\n	}\n"},
		}},
		{"counter-outside-update", "a crash between Update and counters leaves them wrong", []Edit{
			{foldFile, "	c.tx.Put(ports.Record{Key: shardKey(c.f.id, c.shard.Number), Kind: kindShard, Body: c.shard.Pack()})\n", "	whole := c.shard\n	if BUG {\n		c.shard.Counts = c.counted\n		c.afterwards = append(c.afterwards, ports.Record{Key: shardKey(c.f.id, whole.Number), Kind: kindShard, Body: whole.Pack()})\n	}\n	c.tx.Put(ports.Record{Key: shardKey(c.f.id, c.shard.Number), Kind: kindShard, Body: c.shard.Pack()})\n	c.shard = whole\n"},
			{changeFile, "	shard  job.Shard\n", "	shard  job.Shard\n	counted job.Counts\n"},
			{changeFile, "	if parcel < 0 {\n		return nil\n	}\n	p := unwritten", "	c.counted = c.shard.Counts\n	if parcel < 0 {\n		return nil\n	}\n	p := unwritten"},
		}},
		{"void-on-unknown", "money is freed although the call may have been billed", []Edit{{
			callFile, "	case fault.Unknown(err):\n		r.fate = fateUnknown\n", "	case fault.Unknown(err):\n		r.fate = fateUnknown\n		if BUG {\n			r.fate, r.reason = fateRefused, job.ReasonRetry\n		}\n",
		}}},
		{"presume-without-entry", "a presume is booked in the account and not in the ledger", []Edit{{
			settleFile, "	c.entries = append(c.entries, entry)\n	return c.next(a, r)\n", "	if !BUG || entry.Kind != cost.EntryPresume {\n		c.entries = append(c.entries, entry)\n	}\n	return c.next(a, r)\n",
		}}},
		{"adjust-twice", "an adjusted attempt can be adjusted again", []Edit{{
			settleFile, "	a, presumed := c.parcel.TakePresumed(r.task, r.attempt)\n", "	a, presumed := c.parcel.TakePresumed(r.task, r.attempt)\n	if BUG && presumed {\n		c.parcel.Presumed = append(c.parcel.Presumed, a)\n	}\n",
		}}},
		{"budget-outside-update", "two draws rely on the same free money", []Edit{
			{changeFile, "	now := e.Clock.Now()\n	err := e.Store", "	now := e.Clock.Now()\n	var stale *job.Job\n	if BUG {\n		stale, _ = e.Job(ctx, f.id)\n	}\n	err := e.Store"},
			{changeFile, "		c = &change{e: e, f: f, tx: tx, now: now}\n", "		c = &change{e: e, f: f, tx: tx, now: now, stale: stale}\n"},
			{changeFile, "	shard  job.Shard\n", "	shard  job.Shard\n	stale *job.Job\n"},
			{moneyFile, "	free := header.Account.Free()\n	if n > free {\n		return nil\n	}\n", "	free := header.Account.Free()\n	if BUG && c.stale != nil {\n		if n > c.stale.Account.Free() {\n			return nil\n		}\n		header.Account.Drawn += n\n		if err := c.started(header); err != nil {\n			return err\n		}\n		c.shard.Account, err = c.shard.Account.Grant(n)\n		return err\n	}\n	if n > free {\n		return nil\n	}\n"},
		}},
		{"grant-not-returned", "an ended shard keeps its free money", []Edit{{moneyFile, "	n := c.shard.Account.Free()\n	if n <= 0 {\n", "	n := c.shard.Account.Free()\n	if n <= 0 || BUG {\n"}}},
	}
}
