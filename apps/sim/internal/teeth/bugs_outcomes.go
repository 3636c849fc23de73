package teeth

// outcomeBugs are of what becomes of answers, wishes and notices.
func outcomeBugs() []Bug {
	return []Bug{
		{"carried-too-early", "a wish reads as carried although a shard was not reached", []Edit{{
			carryFile, "	if first != nil {\n		return first\n	}\n	return e.carried(", "	if first != nil && !BUG {\n		return first\n	}\n	return e.carried(",
		}}},
		{"resume-lifts-cancel", "a resume undoes a cancel that is on its way", []Edit{{
			wishFile, "			return fault.New(fault.Conflict, \"job %s is being cancelled and cannot be resumed\", id)\n", "			if BUG {\n				j.CancelledAt = time.Time{}\n				j.Wish++\n				tx.Create(newEvent(j, \"resumed\", now, map[string]string{\"cap_usd\": j.Cap.String()}))\n				return nil\n			}\n			return fault.New(fault.Conflict, \"job %s is being cancelled and cannot be resumed\", id)\n",
		}}},
		{"walk-skips-the-last", "a retry forgets the parcel that it ends with", []Edit{{
			walkFile, "		if c.touched {\n", "		if c.touched && (more || !BUG) {\n",
		}}},
		{"requeue-keeps-counts", "a new round begins with the attempts of the last", []Edit{{
			"core/job/task.go", "	t.Judged, t.Unknown, t.Refusals, t.LastJudged, t.RefusedSince, t.Code = 0, 0, 0, 0, time.Time{}, \"\"\n", "	judged := t.Judged\n	t.Judged, t.Unknown, t.Refusals, t.LastJudged, t.RefusedSince, t.Code = 0, 0, 0, 0, time.Time{}, \"\"\n	if BUG {\n		t.Judged = judged\n	}\n",
		}}},
		{"judged-counted-as-unknown", "answers that are no use draw on the other limit", []Edit{{
			outcomeFile, "		if err := c.again(t, r, retry.Judged, job.ReasonRetry, verdict.Code); err != nil {\n", "		cause := retry.Judged\n		if BUG {\n			cause = retry.Unknown\n		}\n		if err := c.again(t, r, cause, job.ReasonRetry, verdict.Code); err != nil {\n",
		}}},
		{"accepted-thrown-away", "a good answer is paid for and made again", []Edit{{
			outcomeFile, "		c.shard.Window.Add(false)\n", "		if BUG && t.Judged == 0 && c.f.limits.Judged > 1 {\n			t.Judged++\n			return c.wait(t, job.ReasonRetry, c.now)\n		}\n		c.shard.Window.Add(false)\n",
		}}},
		{"client-retries", "two requests are made under one hold", []Edit{{
			callFile, "	return w.e.Model.Call(ctx, c.request)\n", "	reply, err := w.e.Model.Call(ctx, c.request)\n	if BUG && fault.Unknown(err) && ctx.Err() == nil {\n		return w.e.Model.Call(ctx, c.request)\n	}\n	return reply, err\n",
		}}},
		{"dead-letter-while-leased", "a dead letter counts while its parcel is worked on", []Edit{{
			deadFile, "	if p.Leased(c.now, o.Epoch, o.Margin, c.e.longestLease()) || p.Ended()", "	if !BUG && p.Leased(c.now, o.Epoch, o.Margin, c.e.longestLease()) || p.Ended()",
		}}},
		{"notice-id-per-try", "a receiver cannot tell a repeat", []Edit{{
			sweepFile, "		err = e.Notifier.Notify(ctx, notice)\n", "		if BUG {\n			notice.ID += e.Clock.Now().Format(\"-150405\")\n		}\n		err = e.Notifier.Notify(ctx, notice)\n",
		}}},
		{"partial-reads-completed", "a job with a failed task reads completed", []Edit{{
			finishFile, "	case counts[job.TaskFailed] == 0:\n", "	case counts[job.TaskFailed] == 0, BUG && counts[job.TaskFailed] == 1:\n",
		}}},
		{"spend-cap-retried", "the provider's spend cap is answered with more calls", []Edit{{
			outcomeFile, "		if r.kind == fault.Unauthorized || r.kind == fault.SpendCap {\n", "		if (r.kind == fault.Unauthorized || r.kind == fault.SpendCap) && !BUG {\n",
		}}},
		{"retry-after-ignored", "a throttled task comes back before it was asked to", []Edit{{
			"core/retry/policy.go", "	return max(delay, min(retryAfter, MaxRetryAfter))\n", "	if BUG {\n		return delay\n	}\n	return max(delay, min(retryAfter, MaxRetryAfter))\n",
		}}},
		{"failure-rate-never", "a job most of whose tasks fail goes on spending", []Edit{{
			"core/job/shard.go", "	return w.Seen >= 20 && 2*failed > w.Seen\n", "	return w.Seen >= 20 && 2*failed > w.Seen && !BUG\n",
		}}},
		{"lowered-cap-keeps-money", "a lower cap leaves the grant as it was", []Edit{{
			wishFile, "		err = returnSome(tx, months, j, -more)\n", "		if !BUG {\n			err = returnSome(tx, months, j, -more)\n		}\n",
		}}},
		{"key-without-tenant", "one tenant's key gives another's job", []Edit{
			{submitFile, "	record, found := tx.Get(onceKey(s.Tenant, hashed(s.Key)))\n", "	owner := s.Tenant\n	if BUG {\n		owner = \"acme\"\n	}\n	record, found := tx.Get(onceKey(owner, hashed(s.Key)))\n"},
			{submitFile, "		tx.Put(ports.Record{Key: onceKey(s.Tenant, j.Key), Kind: kindOnce, Body: marshal(once), Expires: once.Expires})\n", "		owner := s.Tenant\n		if BUG {\n			owner = \"acme\"\n		}\n		tx.Put(ports.Record{Key: onceKey(owner, j.Key), Kind: kindOnce, Body: marshal(once), Expires: once.Expires})\n"},
		}},
	}
}
