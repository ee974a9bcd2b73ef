// Package ztcore is the engine: it plans and applies baselines of AWS resources, without a state file.
//
//	baseline := ztcore.NewBaseline("ledger", key, bucket, reader)
//	plan, err := baseline.Plan(ctx, cfg)      // reads, compares, changes nothing
//	fmt.Print(plan)                           // what a person reviews
//	report, err := plan.Apply(ctx)            // does exactly that, or says what it could not do
//
// Resources come from the pillars (iam, network, dataprotect …) as struct literals whose zero value is the safe form.
// What exists is found by its natural name or by its ownership tags, so that an interrupted run is finished by
// the next one, and a plan after an apply is empty.
//
// # What a plan does with what it finds
//
// An object that is the baseline's, as its ownership tags say, is updated, or replaced where AWS can't change it. Another baseline's is a conflict, and
// so is nobody's, unless Adopt is asked for. What has left the baseline is deleted only with Prune, everything only with
// Destroy, and what holds data only when AllowDelete names it; what that needs stays with it. Observe makes a plan a drift report.
// What an open incident case holds (TagCase) is left alone by all of these.
//
// # References
//
// A resource's methods return typed tokens (package id), which stand for what is known once the resource exists. They may be
// used in strings, policy documents and ARNs; the engine finds them, orders the work by them, and never sends one.
//
// # Errors
//
// Plan returns an InvalidError with what is wrong with a baseline, first of all what can be told without a call, and a ReadError
// for each kind that could not be read. Apply returns a BlockedError with the findings of guardrails, a ConflictError with what
// exists and is not ours, a StaleError, which means: plan again, or, under WithLease, who has the lease. Then nothing was written.
// Once it writes, a StepError names the resource and wraps the SDK's error, for errors.As. PermissionError, in any of them, names the
// IAM action that was missing.
//
// # Permissions
//
// Baseline.PlanPolicy and ApplyPolicy are the minimal identity policies of who plans and who applies, from what the kinds list. Deleting takes
// rights of its own: they are there with Destroy and Prune only.
//
// # Two applies at once
//
// Two processes may apply the same baseline to the same account at the same time. Each ends with the same world, or with an error that
// says to plan again, and nothing is made twice: creates bear client tokens that follow from the request, what the other was quicker at
// counts as done, and of two objects that claim to be one resource the process that made the one with the greater id removes it again,
// which Outcome.Notes tells. UNIQUENESS.md has it kind by kind, and twins.go what remains possible where reads lag.
//
// # Kinds
//
// A Kind is a struct and four functions, and a tool can define its own: see the example of Kind, and package kindtest,
// which puts a kind through its whole life.
package ztcore
