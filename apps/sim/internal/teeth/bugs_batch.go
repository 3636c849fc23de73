package teeth

// batchBugs are of batches.
func batchBugs() []Bug {
	return []Bug{
		{"create-again-unlisted", "a create of unknown outcome is sent again without a look at what there is", []Edit{{
			lostFile, "	found, err := e.candidates(ctx, c)\n	if err != nil {\n", "	var found []ports.Batch\n	var err error\n	if !BUG {\n		found, err = e.candidates(ctx, c)\n	}\n	if err != nil {\n",
		}}},
		{"one-list-is-enough", "a batch that lists do not have yet is sent again", []Edit{{
			lostFile, "		if now.Listings >= 2 {\n", "		if now.Listings >= 2 || BUG {\n",
		}}},
		{"settled-before-read", "lines that have not come yet are taken for missing ones", []Edit{{
			applyFile, "	if err != nil {\n		return err\n	}\n	return e.settleCollection(ctx, f, c, r)\n", "	if err != nil && !BUG {\n		return err\n	}\n	return e.settleCollection(ctx, f, c, r)\n",
		}}},
		{"line-settled-twice", "what a line of a batch costs is booked two times", []Edit{{
			payFile, "			return c.spend(a, r.stored, actual, entry)\n", "			err := c.spend(a, r.stored, actual, entry)\n			if BUG && err == nil && a.Terms.Lane == cost.Batch {\n				c.entries = append(c.entries, *entry)\n			}\n			return err\n",
		}}},
		{"missing-line-void", "what may have been done is taken for not begun when its line is missing", []Edit{{
			applyFile, "			return known\n		}\n		return result{flight: at, fate: fateUnknown}\n", "			return known\n		}\n		if BUG {\n			return result{flight: at, fate: fateNotBegun}\n		}\n		return result{flight: at, fate: fateUnknown}\n",
		}}},
		{"batch-ended-by-epoch", "a restart takes over what a batch is doing", []Edit{
			{parcelState, "p.Epoch < epoch && !p.InBatch() ||", "p.Epoch < epoch && (BUG || !p.InBatch()) ||"},
			{parcelFile, "	if peek.batched {\n", "	if peek.batched && !BUG {\n"},
		}},
		{"create-refused-for-good-retried", "a batch is sent again although the provider stops all calls", []Edit{{
			lostFile, "errors.Is(cause, fault.Invalid), errors.Is(cause, fault.Unauthorized), errors.Is(cause, fault.SpendCap):\n", "errors.Is(cause, fault.Invalid), !BUG && (errors.Is(cause, fault.Unauthorized) || errors.Is(cause, fault.SpendCap)):\n",
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
			lostFile, "		if now.Creator != creator || !now.ListedAt.Equal(listed) {\n", "		if now.Creator != creator || !now.ListedAt.Equal(listed) && !BUG {\n",
		}}},
		{"settled-batch-adopted", "a batch that was settled is taken for another collection's", []Edit{{
			lostFile, "			for _, id := range all.Known {\n				taken[id] = true\n", "			for _, id := range all.Known {\n				taken[id] = !BUG\n",
		}}},
	}
}
