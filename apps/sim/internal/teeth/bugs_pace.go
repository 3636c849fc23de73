package teeth

// paceBugs are of the record that all machines share about the provider.
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
