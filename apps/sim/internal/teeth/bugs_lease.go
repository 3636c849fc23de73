package teeth

// leaseBugs are of who may work on a task, and until when.
func leaseBugs() []Bug {
	return []Bug{
		{"settle-without-fence", "a worker whose lease was taken over settles another's attempt", []Edit{{
			settleFile, "	mine := c.parcel.Held(w.owner, w.fence) && !c.parcel.LeaseEnd.IsZero()\n",
			"	mine := BUG || c.parcel.Held(w.owner, w.fence) && !c.parcel.LeaseEnd.IsZero()\n",
		}}},
		{"lease-shorter-than-call", "a call may outlast the lease it was begun under", []Edit{{
			parcelFile, "	p.Lease(w.owner, w.e.options.Epoch, c.now.Add(w.term))\n",
			"	p.Lease(w.owner, w.e.options.Epoch, c.now.Add(w.term))\n	if BUG {\n		p.LeaseEnd = c.now.Add(w.e.options.CallTimeout / 2)\n	}\n",
		}}},
		{"owner-token-reused", "two deliveries on one machine take one lease for their own", []Edit{
			{workFile, "		owner: job.Owner(e.IDs.NewToken()),", "		owner: e.ownerToken(),"},
			{workFile, "// workParcel waits for", "func (e *Engine) ownerToken() job.Owner {\n	if !BUG {\n		return job.Owner(e.IDs.NewToken())\n	}\n	if e.reused == (job.Owner{}) {\n		e.reused = job.Owner(e.IDs.NewToken())\n	}\n	return e.reused\n}\n\n// workParcel waits for"},
			{engineDir + "engine.go", "	drain atomic.Bool\n", "	drain atomic.Bool\n	reused job.Owner\n"},
		}},
		{"lease-without-margin", "a lease is taken over while its owner's clock still shows it as good", []Edit{{
			parcelState, "	return !now.After(p.LeaseEnd.Add(margin))\n", "	if BUG {\n		return now.Add(margin).Before(p.LeaseEnd)\n	}\n	return !now.After(p.LeaseEnd.Add(margin))\n",
		}}},
		{"call-begun-after-close", "a call is begun although the shard was read open long ago", []Edit{{
			callFile, "	if now.Sub(readAt) > w.e.options.Fresh && !w.past(ctx, c, now) {\n", "	if BUG {\n		readAt = now\n	}\n	if now.Sub(readAt) > w.e.options.Fresh && !w.past(ctx, c, now) {\n",
		}}},
		{"stored-answer-ignored", "whoever takes a lease over presumes what was answered and stored", []Edit{{
			settleFile, "	record, found := c.tx.Get(answerKey(c.f.id, c.shard.Number, c.ordinal(r.task), r.attempt))\n	if !found {\n",
			"	record, found := c.tx.Get(answerKey(c.f.id, c.shard.Number, c.ordinal(r.task), r.attempt))\n	if !found || BUG {\n",
		}}},
		{"retry-ignores-limit", "a task is tried more often than its limit", []Edit{{
			retryFile, "	return decide(c, c.Unknown < l.Unknown, ", "	return decide(c, BUG || c.Unknown < l.Unknown, ",
		}}},
		{"late-answer-completes-twice", "an answer that comes after the takeover changes the task", []Edit{{
			settleFile, "	a, presumed := c.parcel.TakePresumed(r.task, r.attempt)\n",
			"	a, presumed := c.parcel.TakePresumed(r.task, r.attempt)\n	if t := &c.parcel.Tasks[r.task]; BUG && presumed && r.fate == fateAnswered && r.stored.Verdict.Outcome == job.Accepted && t.State != job.TaskRunning {\n		t.State, t.Accepted, t.Code, t.Reason, t.Until = job.TaskCompleted, a.Number, \"\", job.ReasonNone, time.Time{}\n	}\n",
		}}},
		{"attempt-number-reused", "a voided attempt gives its number to the next one", []Edit{{
			settleFile, "	c.entries = append(c.entries, entry)\n	return c.next(a, r)\n", "	c.entries = append(c.entries, entry)\n	if BUG && r.free() {\n		c.parcel.Tasks[a.Task].Last--\n	}\n	return c.next(a, r)\n",
		}}},
	}
}
