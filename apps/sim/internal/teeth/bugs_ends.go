package teeth

// endBugs are of how tasks and jobs end, and of what stands for a job.
func endBugs() []Bug {
	return []Bug{
		{"completion-outside-update", "a crash between the last task and the job's end leaves the job open", []Edit{{
			foldFile, "	if header.State.Ended() {\n		return nil\n	}\n	return endJob(c.tx, c.now, header, c.tell)\n", "	if header.State.Ended() || BUG {\n		c.finish = !header.State.Ended()\n		return nil\n	}\n	return endJob(c.tx, c.now, header, c.tell)\n",
		}, {changeFile, "	wished, opening bool\n", "	wished, opening bool\n	finish bool\n"},
			{changeFile, "	e.announce(ctx, f, c.events)\n", "	if c.finish {\n		_ = e.Store.Update(ctx, []ports.Key{jobKey(f.id)}, func(tx ports.Tx) error {\n			j, err := readJob(tx, f.id)\n			if err != nil || j.State.Ended() {\n				return err\n			}\n			if err := endJob(tx, now, j, func(ports.Event) {}); err != nil {\n				return err\n			}\n			return putJob(tx, j)\n		})\n	}\n	e.announce(ctx, f, c.events)\n"},
		}},
		{"outbox-after-commit", "a crash after the job's end loses its event", []Edit{{
			finishFile, "		tx.Create(newNotice(j, \"job.completed\", now, all))\n", "		if record := newNotice(j, \"job.completed\", now, all); BUG {\n			tell(ports.Event{Name: ports.EventFault, Detail: string(record.Body)})\n		} else {\n			tx.Create(record)\n		}\n",
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

// queueBugs are of messages.
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
