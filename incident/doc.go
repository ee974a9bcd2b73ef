// Package incident declares what happens when something has happened: a plan that people follow, a first response that
// needs nobody, and what Incident Manager does for those who have it. The containment itself, with its undo and its game
// day, is package containment below this one.
//
//	plan := incident.Starter("acme", "all accounts", lead, deputy, reviewed, exercised)
//	for _, hole := range plan.Holes(time.Now()) {
//		fmt.Println(hole) // a severity without an owner, a detection without a playbook
//	}
//	os.WriteFile("incident-response.md", []byte(plan.Markdown()), 0o644)
//
//	baseline := ztcore.NewBaseline("incident", incident.Preset{Name: "acme"})
//
// Preset has EventBridge start a runbook of Systems Manager for what GuardDuty finds of an instance: it tells a topic,
// protects the instance and preserves its disks. It is the guide's step 51 for everyone, since AWS has taken no new
// customers for Incident Manager since 7 November 2025.
//
//	guide step 50   Plan, Starter, Plan.Holes
//	guide step 51   ReplicationSet, ResponsePlan; Preset in their place
//	guide step 52   package containment
//
// The guide's own runbook, AWS-StopEC2Instance on a fixed instance, destroys what is in memory and stops whichever
// instance had that id once: the first takes a reason here, the second is refused.
package incident
