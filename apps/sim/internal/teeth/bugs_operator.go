package teeth

// switchBugs are of the switch that stops the spending of all jobs.
func switchBugs() []Bug {
	return []Bug{
		{"switch-is-no-wish", "a job reads paused by the switch, and its shards take holds on and on", []Edit{{
			switchedFile, "			pause(tx, j, job.PauseSpendingOff, s.Reason, now)\n", "			pause(tx, j, job.PauseSpendingOff, s.Reason, now)\n			if BUG {\n				j.Wish--\n			}\n",
		}}},
		{"holds-while-off", "a shard takes the wish of the switch, and takes holds all the same", []Edit{{
			carryFile, "	c.shard.Wish, c.shard.Gate = j.Wish, j.Gate()\n", "	c.shard.Wish, c.shard.Gate = j.Wish, j.Gate()\n	if BUG && c.shard.Gate == job.GatePaused && slices.Contains(j.Pauses, job.PauseSpendingOff) {\n		c.shard.Gate = job.GateOpen\n	}\n",
		}}},
		{"switched-on-without-wish", "a job that the switch lets go never opens its shards", []Edit{{
			switchedFile, "	j.Pauses = nil\n	j.Wish++\n", "	j.Pauses = nil\n	if !BUG {\n		j.Wish++\n	}\n",
		}}},
		{"switch-lifts-every-pause", "spending is switched on, and what an operator has paused goes on", []Edit{{
			switchedFile, "bool { return r == reason }); j.Paused() {\n", "bool { return r == reason || BUG }); j.Paused() {\n",
		}}},
		{"switch-leaves-pending-jobs", "what has not begun is not paused by the switch before the next sweep", []Edit{{
			switchedFile, "		case s.concerns(j):\n", "		case BUG && j.State == job.StatePending:\n		case s.concerns(j):\n",
		}}},
		{"switch-not-carried-again", "spending is switched off again, and shards that the first time did not reach stay open", []Edit{{
			switchedFile, "		case j.Carried < j.Wish:\n", "		case j.Carried < j.Wish && !BUG:\n",
		}}},
		{"switch-forgotten-by-sweeper", "a job that was not reached when the switch was thrown never follows it", []Edit{{
			sweepFile, "	if !obeys(j) {\n", "	if !obeys(j) && !BUG {\n",
		}}},
		{"submitted-while-off", "a job is promised money while spending is off", []Edit{{
			submitFile, "	if err := mayPromise(tx); err != nil {\n", "	if err := mayPromise(tx); err != nil && !BUG {\n",
		}}},
		{"resumed-while-off", "a resume lifts what the switch has paused", []Edit{{
			wishFile, "		if err := mayPromise(tx); err != nil {\n", "		if err := mayPromise(tx); err != nil && !BUG {\n",
		}}},
		{"retried-while-off", "a round begins while spending is off", []Edit{{
			walkFile, "	if err := cmp.Or(mayRetry(j, w), mayPromise(tx)); err != nil {\n", "	promise := mayPromise(tx)\n	if BUG {\n		promise = nil\n	}\n	if err := cmp.Or(mayRetry(j, w), promise); err != nil {\n",
		}}},
	}
}

// capBugs are of caps that are set while a job is alive.
func capBugs() []Bug {
	return []Bug{
		{"cap-below-committed", "a cap is set below what is spent and held", []Edit{
			{wishFile, "	if limit < committed {\n", "	if limit < committed && !BUG {\n"},
			{wishFile, "	case more < 0:\n", "	case more < 0:\n		if BUG {\n			more = -min(-more, j.Account.Free())\n		}\n"},
		}},
		{"cap-raised-while-off", "a higher cap is promised while spending is off", []Edit{{
			capFile, "			if err := mayPromise(tx); err != nil {\n", "			if err := mayPromise(tx); err != nil && !BUG {\n",
		}}},
		{"cap-not-set-while-paused", "a cap is answered as set, and is not", []Edit{{
			capFile, "		if limit == j.Cap {\n", "		if limit == j.Cap || BUG && j.Paused() {\n",
		}}},
		{"cap-lifts-pauses", "a cap that is set resumes what somebody has paused", []Edit{{
			capFile, "		return e.recap(tx, j, limit, now)\n", "		if BUG && j.Paused() {\n			j.Pauses, j.Wish = nil, j.Wish+1\n			if err := goOn(j, now); err != nil {\n				return err\n			}\n		}\n		return e.recap(tx, j, limit, now)\n",
		}}},
	}
}

// retryBugs are of retries of some of what failed, and of their keys.
func retryBugs() []Bug {
	return []Bug{
		{"codes-ignored", "a retry of one cause makes all that failed again", []Edit{{
			scopeFile, "	if len(w.Codes) == 0 {\n", "	if len(w.Codes) == 0 || BUG {\n",
		}}},
		{"retry-key-not-kept", "a retry that is asked for again under its key begins another round", []Edit{{
			walkFile, "	j.KeepRetryKey(key)\n", "	if !BUG {\n		j.KeepRetryKey(key)\n	}\n",
		}}},
		{"own-round-taken-for-anothers", "a retry whose acknowledgement was lost is refused, and done", []Edit{{
			againFile, "		if own.done(tx) {\n", "		if own.done(tx) && !BUG {\n",
		}}},
	}
}
