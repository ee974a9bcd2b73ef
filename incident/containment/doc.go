// Package containment answers the compromise of an EC2 instance, a role or an access key: a typed playbook that secures evidence,
// cuts off and can be undone. It does not know whether it is a drill: a game day runs the very code on the fakes.
//
//	findings, err := containment.ParseFinding(event)                                // of GuardDuty or Security Hub
//	targets, err := containment.Resolve(ctx, cfg, nil, findings[0].References...)
//	c := containment.Containment{
//		Case:    containment.Case{ID: "42", Owner: "security@example.com", Severity: containment.High, Review: inAWeek},
//		Targets: targets,
//		Ledger:  containment.BucketLedger{Config: securityAccount, Bucket: "acme-incident-response"},
//	}
//	report, err := c.Plan(ctx, cfg)       // what would be done, what it does not do, and whom else it touches
//	c.Mode = containment.Execute
//	report, err = c.Contain(ctx, cfg)     // does it; run again, it finishes what was cut off
//	fmt.Print(report.Markdown())          // the timeline, the time to contain, and what remains possible
//	report, err = c.Undo(ctx, cfg, containment.UndoOptions{})
//
// Permissions is what it takes to do all that. Where volumes are under the key that AWS manages for EBS, Standard says what else.
//
// # What it is made of
//
// A Playbook is a list of typed steps; Standard is the one to start from. A step that fails stops no other. None stops or
// terminates an instance, and none deletes a key.
//
// Each change is one setting of one thing. Before it is made, what it was is written to the Ledger, in a chain of hashes, and
// after it what it has become, with the requests it took. So undo needs the log alone: it works from another process, after a
// crash at any call, and restores each setting to what the first record of it says.
//
// A case is a lease: it has an owner and a review date, which stand in tags on all that it holds. Baselines leave alone what carries
// them (ztcore.TagCase), Overdue lists the cases whose date has passed, and Undo closes them.
//
// # What the published playbooks get wrong
//
//   - One swap of security groups does not end connections that are tracked: Isolate takes two.
//   - A cut-off in the past spares the stolen session: RevokeSessions cuts off at now and a minute, and again after the isolation.
//   - The denial must stay until the last session has expired, which for the credentials of instances is up to 12 hours whatever the
//     role's maximum is: Undo refuses before that.
//   - Memory comes before isolation, and protection from Auto Scaling before the load balancer.
//   - A network ACL hits the whole subnet: CutSubnet needs consent by name, and says where only it would end what is open, as
//     connections through a NAT gateway.
//
// # The guide
//
// It is the guide's step 52, "simulate an EC2 compromise": GameDay runs one, on the fakes, on an emulator or in a sandbox account.
//
// # What it leaves out
//
// Buckets are locked only by a playbook with LockBucket, and reported as untouched otherwise. Classic load balancers, containers, functions and databases
// are not contained. Memory is captured by a hook of the caller's.
package containment
