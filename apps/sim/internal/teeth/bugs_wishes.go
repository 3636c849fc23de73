package teeth

// wishBugs are of pauses, cancels and retries on their way to the tasks.
func wishBugs() []Bug {
	return []Bug{
		{"cancel-ignores-leases", "a cancel takes tasks whose calls are under way", []Edit{{
			carryFile, "			if t.State == job.TaskQueued || t.State == job.TaskWaiting {\n", "			if BUG && t.State == job.TaskRunning {\n				t.State, moved = job.TaskCancelled, true\n				continue\n			}\n			if t.State == job.TaskQueued || t.State == job.TaskWaiting {\n",
		}}},
		{"cancel-takes-content", "a cancel takes what is being made again for never made", []Edit{{
			taskFile, "	if t.Accepted > 0 && !t.State.Ended() {\n", "	if t.Accepted > 0 && !t.State.Ended() && !BUG {\n",
		}}},
		{"given-back-without-cancel", "what is being made again is given back when it has to wait", []Edit{{
			outcomeFile, "	if c.shard.Gate == job.GateCancelled {\n", "	if c.shard.Gate == job.GateCancelled || BUG && t.Accepted > 0 {\n",
		}}},
		{"wish-out-of-order", "an older wish that is carried late undoes a newer one", []Edit{{
			carryFile, "	if c.shard.Wish >= j.Wish {\n", "	if c.shard.Wish == j.Wish || c.shard.Wish > j.Wish && !BUG {\n",
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
