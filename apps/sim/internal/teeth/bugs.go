package teeth

import "slices"

// Bug is one mistake that could have been made. Each edit replaces a text that stands once in its file.
type Bug struct {
	// Name is what -bug takes; Why says what would go wrong.
	Name, Why string
	Edits     []Edit
}

// Edit is one change of a source file. In New, BUG stands for the condition that the bug is switched on.
type Edit struct{ File, Old, New string }

const (
	engineDir   = "core/engine/"
	worker      = "adapters/localworker/localworker.go"
	changeFile  = engineDir + "change.go"
	settleFile  = engineDir + "settle.go"
	parcelFile  = engineDir + "parcel.go"
	openFile    = engineDir + "open.go"
	paceFile    = engineDir + "pace.go"
	createFile  = engineDir + "create.go"
	applyFile   = engineDir + "apply.go"
	pollFile    = engineDir + "poll.go"
	recordFile  = engineDir + "provider.go"
	foldFile    = engineDir + "fold.go"
	wishFile    = engineDir + "wish.go"
	callFile    = engineDir + "call.go"
	finishFile  = engineDir + "finish.go"
	moneyFile   = engineDir + "money.go"
	submitFile  = engineDir + "submit.go"
	sweepFile   = engineDir + "sweep.go"
	deadFile    = engineDir + "dead.go"
	workFile    = engineDir + "work.go"
	walkFile    = engineDir + "walk.go"
	parcelState = "core/job/parcel.go"
	retryFile   = "core/retry/next.go"
	onceFile    = "core/idempotency/idempotency.go"
	schemaFile  = "core/job/schema.go"
)

// scaffold is what several bugs need: records that are written after the Update, in one of their own each.
func scaffold() []Edit {
	return []Edit{
		{changeFile, "	wished, opening bool\n", "	wished, opening bool\n	afterwards []ports.Record\n"},
		{changeFile, "	e.announce(ctx, f, c.events)\n", "	for _, record := range c.afterwards {\n		_ = e.Store.Update(ctx, []ports.Key{record.Key}, func(tx ports.Tx) error {\n			tx.Get(record.Key)\n			tx.Put(record)\n			return nil\n		})\n	}\n	e.announce(ctx, f, c.events)\n"},
	}
}

// Bugs is the list. It only ever grows: a bug that was found once must be found again.
func Bugs() []Bug {
	return slices.Concat(leaseBugs(), moneyBugs(), endBugs(), wishBugs(), queueBugs(), outcomeBugs(), paceBugs(), batchBugs())
}

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

func endBugs() []Bug {
	return []Bug{
		{"completion-outside-update", "a crash between the last task and the job's end leaves the job open", []Edit{{
			foldFile, "	if header.State.Ended() {\n		return nil\n	}\n	return endJob(c.tx, c.now, header, c.tell)\n", "	if header.State.Ended() || BUG {\n		c.finish = !header.State.Ended()\n		return nil\n	}\n	return endJob(c.tx, c.now, header, c.tell)\n",
		}, {changeFile, "	wished, opening bool\n", "	wished, opening bool\n	finish bool\n"},
			{changeFile, "	e.announce(ctx, f, c.events)\n", "	if c.finish {\n		_ = e.Store.Update(ctx, []ports.Key{jobKey(f.id)}, func(tx ports.Tx) error {\n			j, err := readJob(tx, f.id)\n			if err != nil || j.State.Ended() {\n				return err\n			}\n			if err := endJob(tx, now, j, func(ports.Event) {}); err != nil {\n				return err\n			}\n			return putJob(tx, j)\n		})\n	}\n	e.announce(ctx, f, c.events)\n"},
		}},
		{"outbox-after-commit", "a crash after the job's end loses its event", []Edit{{
			finishFile, "		tx.Create(newNotice(j, \"job.completed\", now))\n", "		if record := newNotice(j, \"job.completed\", now); BUG {\n			tell(ports.Event{Name: ports.EventFault, Detail: string(record.Body)})\n		} else {\n			tx.Create(record)\n		}\n",
		}}},
		{"shard-end-not-counted", "a shard whose last task ends by a dead letter does not end", []Edit{{
			foldFile, "	if c.shard.Counts.Open() > 0 {\n		return nil\n	}\n	if c.shard.Done &&", "	if c.shard.Counts.Open() > 0 || BUG && c.parcel != nil && c.parcel.DeadLetters >= DeadLetters {\n		return nil\n	}\n	if c.shard.Done &&",
		}}},
		{"terminal-task-resent", "the sweeper sends for failed tasks, and a worker makes them again", []Edit{
			{sweepFile, "		case !some || !open:\n", "		case BUG && open && !some && p.Ended() && !s.Done:\n			v.queued = append(v.queued, p.Number)\n		case !some || !open:\n"},
			{parcelFile, "	open := c.shard.Gate == job.GateOpen\n	due :=", "	open := c.shard.Gate == job.GateOpen\n	for i := range p.Tasks {\n		if BUG && p.Tasks[i].State == job.TaskFailed && !c.shard.Done {\n			p.Tasks[i].State, p.Tasks[i].Code = job.TaskQueued, \"\"\n		}\n	}\n	due :="},
		}},
		{"expired-key-honoured", "a key that has lapsed still gives its old job", []Edit{
			{submitFile, "		tx.Put(ports.Record{Key: onceKey(s.Tenant, j.Key), Kind: kindOnce, Body: marshal(once), Expires: once.Expires})\n", "		if BUG {\n			once.Expires = time.Time{}\n		}\n		tx.Put(ports.Record{Key: onceKey(s.Tenant, j.Key), Kind: kindOnce, Body: marshal(once), Expires: once.Expires})\n"},
		}},
		{"own-write-taken-for-anothers", "a submission whose acknowledgement was lost makes a second job", []Edit{{
			onceFile, "	case existing == nil || existing.Expired(now):\n", "	case existing == nil || existing.Expired(now) || BUG:\n",
		}}},
		{"old-field-read-as-zero", "a field that old records lack is read as its zero value", []Edit{{
			schemaFile, "	value := json.RawMessage(e.missing)\n", "	value := json.RawMessage(e.missing)\n	if BUG {\n		value = nil\n	}\n",
		}}},
	}
}

func wishBugs() []Bug {
	return []Bug{
		{"cancel-ignores-leases", "a cancel takes tasks whose calls are under way", []Edit{{
			wishFile, "			if t.State == job.TaskQueued || t.State == job.TaskWaiting {\n", "			if BUG && t.State == job.TaskRunning {\n				t.State, moved = job.TaskCancelled, true\n				continue\n			}\n			if t.State == job.TaskQueued || t.State == job.TaskWaiting {\n",
		}}},
		{"wish-out-of-order", "an older wish that is carried late undoes a newer one", []Edit{{
			wishFile, "	if c.shard.Wish >= j.Wish {\n", "	if c.shard.Wish == j.Wish || c.shard.Wish > j.Wish && !BUG {\n",
		}}},
		{"dropped-parcel-leased", "tasks that a cancel has dropped run after a retry", []Edit{{
			changeFile, "	p := unwritten(c.f.layout, parcel, c.shard.Dropped)\n", "	p := unwritten(c.f.layout, parcel, c.shard.Dropped && !BUG)\n",
		}}},
		{"lease-in-closed-shard", "a paused shard is leased", []Edit{{
			parcelFile, "	open := c.shard.Gate == job.GateOpen\n	due :=", "	open := c.shard.Gate == job.GateOpen || BUG && c.shard.Gate == job.GatePaused\n	due :=",
		}, {openFile, "	if !w.e.drain.Load() && c.shard.Gate == job.GateOpen {\n", "	if !w.e.drain.Load() && (c.shard.Gate == job.GateOpen || BUG && c.shard.Gate == job.GatePaused) {\n"}}},
		{"wish-not-carried-by-sweeper", "a pause whose maker died never reaches the shards", []Edit{{
			sweepFile, "	first := cmp.Or(e.carry(ctx, id), e.walk(ctx, f))\n", "	var first error\n	if !BUG {\n		first = e.carry(ctx, id)\n	}\n	first = cmp.Or(first, e.walk(ctx, f))\n",
		}}},
		{"walk-not-continued", "a retry whose maker died never reaches the last tasks", []Edit{{
			sweepFile, "	first := cmp.Or(e.carry(ctx, id), e.walk(ctx, f))\n", "	first := e.carry(ctx, id)\n	if !BUG {\n		first = cmp.Or(first, e.walk(ctx, f))\n	}\n",
		}}},
	}
}

func queueBugs() []Bug {
	return []Bug{
		{"acknowledged-before-commit", "a message is gone before its work is in the store", []Edit{{
			worker, "	err := w.engine.Work(ctx, d.Body)\n", "	if BUG {\n		_ = w.queue.Ack(ctx, d.Receipt)\n	}\n	err := w.engine.Work(ctx, d.Body)\n",
		}}},
		{"dead-letter-dropped", "a dead letter is dropped while its tasks are open, and the sweeper passes them over", []Edit{
			{sweepFile, "	if err != nil || !open || s.Dropped {\n		return v, err\n	}\n", "	if err != nil || !open || s.Dropped || BUG {\n		return v, err\n	}\n"},
		}},
	}
}

func outcomeBugs() []Bug {
	return []Bug{
		{"carried-too-early", "a wish reads as carried although a shard was not reached", []Edit{{
			wishFile, "	if first != nil {\n		return first\n	}\n	return e.carried(", "	if first != nil && !BUG {\n		return first\n	}\n	return e.carried(",
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
			settleFile, "		if err := c.again(t, r, retry.Judged, job.ReasonRetry, verdict.Code); err != nil {\n", "		cause := retry.Judged\n		if BUG {\n			cause = retry.Unknown\n		}\n		if err := c.again(t, r, cause, job.ReasonRetry, verdict.Code); err != nil {\n",
		}}},
		{"accepted-thrown-away", "a good answer is paid for and made again", []Edit{{
			settleFile, "		c.shard.Window.Add(false)\n", "		if BUG && t.Judged == 0 && c.f.limits.Judged > 1 {\n			t.Judged++\n			return c.wait(t, job.ReasonRetry, c.now)\n		}\n		c.shard.Window.Add(false)\n",
		}}},
		{"client-retries", "two requests are made under one hold", []Edit{{
			callFile, "	return w.e.Model.Call(ctx, c.request)\n", "	reply, err := w.e.Model.Call(ctx, c.request)\n	if BUG && fault.Unknown(err) && ctx.Err() == nil {\n		return w.e.Model.Call(ctx, c.request)\n	}\n	return reply, err\n",
		}}},
		{"dead-letter-while-leased", "a dead letter counts while its parcel is worked on", []Edit{{
			deadFile, "		if p.Leased(c.now, e.options.Epoch, e.options.Margin, e.longestLease()) || p.Ended()", "		if !BUG && p.Leased(c.now, e.options.Epoch, e.options.Margin, e.longestLease()) || p.Ended()",
		}}},
		{"notice-id-per-try", "a receiver cannot tell a repeat", []Edit{{
			sweepFile, "		err = e.Notifier.Notify(ctx, notice)\n", "		if BUG {\n			notice.ID += e.Clock.Now().Format(\"-150405\")\n		}\n		err = e.Notifier.Notify(ctx, notice)\n",
		}}},
		{"partial-reads-completed", "a job with a failed task reads completed", []Edit{{
			finishFile, "	case counts[job.TaskFailed] == 0:\n", "	case counts[job.TaskFailed] == 0, BUG && counts[job.TaskFailed] == 1:\n",
		}}},
		{"spend-cap-retried", "the provider's spend cap is answered with more calls", []Edit{{
			settleFile, "		if r.kind == fault.Unauthorized || r.kind == fault.SpendCap {\n", "		if (r.kind == fault.Unauthorized || r.kind == fault.SpendCap) && !BUG {\n",
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

func paceBugs() []Bug {
	return []Bug{
		{"probes-unlimited", "whoever asks while somebody probes may probe too", []Edit{{
			"core/quota/breaker.go", "	case b.ahead(now):\n		return b, Wait\n", "	case b.ahead(now) && !(BUG && b.State == Probing):\n		return b, Wait\n",
		}}},
		{"breaker-never-opened", "a provider that fails is called on and on", []Edit{{
			"core/quota/breaker.go", "	case ok && b.State == Probing:\n", "	case BUG:\n		return b\n	case ok && b.State == Probing:\n",
		}}},
		{"failures-not-counted", "a provider that fails is called on where no guard says so", []Edit{{
			"core/quota/breaker.go", "	if b.Failures += r.Failures; b.Failures < Trips {\n", "	if b.Failures += r.Failures; b.Failures < Trips || BUG {\n",
		}}},
		{"breaker-not-looked-at", "a call that waited for its start is made although the breaker has opened", []Edit{{
			callFile, "	if held, until := w.mayCall(ctx, c); held != \"\" {\n", "	if held, until := w.mayCall(ctx, c); held != \"\" && !BUG {\n",
		}}},
		{"start-times-ignored", "calls are made when they are ready, and not when their turn has come", []Edit{{
			paceFile, "		if !c.start.After(now) || c.start.Sub(now) > ahead", "		if BUG || !c.start.After(now) || c.start.Sub(now) > ahead",
		}}},
		{"pause-not-shared", "a wait that the provider asks for binds whoever was told alone", []Edit{{
			"core/quota/report.go", "		p.Closed = latest(p.closed(now), now.Add(min(r.RetryAfter, MaxOpen)))\n", "		if !BUG {\n			p.Closed = latest(p.closed(now), now.Add(min(r.RetryAfter, MaxOpen)))\n		}\n",
		}}},
		{"headers-swapped", "the limit of generated tokens is taken for that of prompts", []Edit{{
			recordFile, "	return quota.Limits{Requests: one(l.Requests), ", "	if BUG {\n		l.Input, l.Output = l.Output, l.Input\n	}\n	return quota.Limits{Requests: one(l.Requests), ",
		}}},
		{"retry-budget-not-asked", "a provider that loses answers gets more calls than one that does not", []Edit{{
			openFile, "	if t.Retries() && !w.allow.unlimited {\n", "	if t.Retries() && !w.allow.unlimited && !BUG {\n",
		}}},
	}
}

func batchBugs() []Bug {
	return []Bug{
		{"create-again-unlisted", "a create of unknown outcome is sent again without a look at what there is", []Edit{{
			createFile, "	found, err := e.candidates(ctx, c)\n	if err != nil {\n", "	var found []ports.Batch\n	var err error\n	if !BUG {\n		found, err = e.candidates(ctx, c)\n	}\n	if err != nil {\n",
		}}},
		{"one-list-is-enough", "a batch that lists do not have yet is sent again", []Edit{{
			createFile, "		if now.Listings >= 2 {\n", "		if now.Listings >= 2 || BUG {\n",
		}}},
		{"settled-before-read", "lines that have not come yet are taken for missing ones", []Edit{{
			applyFile, "	if err != nil {\n		return err\n	}\n	return e.settleCollection(ctx, f, c, r)\n", "	if err != nil && !BUG {\n		return err\n	}\n	return e.settleCollection(ctx, f, c, r)\n",
		}}},
		{"line-settled-twice", "what a line of a batch costs is booked two times", []Edit{{
			settleFile, "			return c.spend(a, r.stored, actual, entry)\n", "			err := c.spend(a, r.stored, actual, entry)\n			if BUG && err == nil && a.Terms.Lane == cost.Batch {\n				c.entries = append(c.entries, *entry)\n			}\n			return err\n",
		}}},
		{"missing-line-void", "what may have been done is taken for not begun when its line is missing", []Edit{{
			applyFile, "			return known\n		}\n		return result{flight: at, fate: fateUnknown}\n", "			return known\n		}\n		if BUG {\n			return result{flight: at, fate: fateNotBegun}\n		}\n		return result{flight: at, fate: fateUnknown}\n",
		}}},
		{"batch-ended-by-epoch", "a restart takes over what a batch is doing", []Edit{
			{parcelState, "p.Epoch < epoch && !p.InBatch() ||", "p.Epoch < epoch && (BUG || !p.InBatch()) ||"},
			{parcelFile, "	if peek.batched {\n", "	if peek.batched && !BUG {\n"},
		}},
		{"create-refused-for-good-retried", "a batch is sent again although the provider stops all calls", []Edit{{
			createFile, "errors.Is(cause, fault.Invalid), errors.Is(cause, fault.Unauthorized), errors.Is(cause, fault.SpendCap):\n", "errors.Is(cause, fault.Invalid), !BUG && (errors.Is(cause, fault.Unauthorized) || errors.Is(cause, fault.SpendCap)):\n",
		}}},
		{"both-lanes-paid", "at its deadline a task is called while a batch has it", []Edit{
			{parcelFile, "	if p.Leased(c.now, w.e.options.Epoch, w.e.options.Margin, w.e.longestLease()) {\n		return false, errNothing\n", "	if p.Leased(c.now, w.e.options.Epoch, w.e.options.Margin, w.e.longestLease()) && !(BUG && p.InBatch() && w.lane == cost.Realtime) {\n		return false, errNothing\n"},
			{parcelFile, "	if peek.batched {\n", "	if peek.batched && !BUG {\n"},
		}},
		{"cancel-leaves-batches", "a job that was cancelled pays for its batches to their end", []Edit{{
			pollFile, "	return err == nil && j.Gate() == job.GateCancelled, err\n", "	return err == nil && j.Gate() == job.GateCancelled && !BUG, err\n",
		}}},
		{"grown-collection-sent", "what is added to a collection while its lines are made is in no batch", []Edit{{
			createFile, "		if len(c.Members) != members {\n", "		if len(c.Members) != members && !BUG {\n",
		}}},
		{"lists-at-once-count", "two sweeps that list at the same time have listed twice", []Edit{{
			createFile, "		if now.Creator != creator || !now.ListedAt.Equal(listed) {\n", "		if now.Creator != creator || !now.ListedAt.Equal(listed) && !BUG {\n",
		}}},
		{"settled-batch-adopted", "a batch that was settled is taken for another collection's", []Edit{{
			createFile, "			for _, id := range all.Known {\n				taken[id] = true\n", "			for _, id := range all.Known {\n				taken[id] = !BUG\n",
		}}},
	}
}
