package incident

import "time"

// Starter is a plan to begin with: roles, severities, what the monitoring pillar detects, and playbooks for a compromised
// instance, stolen credentials and an exposed bucket. It needs two people, and the days on which it was read and
// practised, before Holes finds nothing. Change what does not fit; a plan that nobody has thought through is no plan.
func Starter(name, scope string, lead, deputy Contact, reviewed, exercised time.Time) Plan {
	role := func(name, duties string) Role {
		return Role{Name: name, Duties: duties, Contact: lead.Name, Deputy: deputy.Name}
	}
	swapped := func(name, duties string) Role {
		return Role{Name: name, Duties: duties, Contact: deputy.Name, Deputy: lead.Name}
	}
	return Plan{
		Name: name, Scope: scope, Version: "1", Owner: commander, Reviewed: reviewed, Exercised: exercised,
		Contacts: []Contact{lead, deputy},
		Roles: []Role{
			role(commander, "decides, assigns, declares the incident over"),
			swapped(responder, "analyses, contains, eradicates and recovers"),
			role(speaker, "tells customers, authorities and the company"),
			swapped(scribe, "keeps the timeline and the evidence"),
		},
		Severities: []Severity{
			{Name: "critical", Means: "an intruder is active, or data of customers is getting out", Owner: commander, Acknowledge: 15 * time.Minute, Contain: time.Hour},
			{Name: "high", Means: "credentials or a system are likely in somebody else's hands", Owner: commander, Acknowledge: 30 * time.Minute, Contain: 4 * time.Hour},
			{Name: "medium", Means: "a control failed, and nobody is known to have used it", Owner: responder, Acknowledge: 8 * time.Hour, Contain: 48 * time.Hour},
		},
		Detections: []Detection{
			{Name: "instance behaves like malware", Source: "GuardDuty, severity 7 and above, resource Instance", Severity: "critical", Playbook: "compromised instance"},
			{Name: "credentials used from elsewhere", Source: "GuardDuty, resource AccessKey", Severity: "high", Playbook: "stolen credentials"},
			{Name: "root user signed in", Source: "alarm on the trail, CIS 4.3", Severity: "high", Playbook: "stolen credentials"},
			{Name: "bucket became public", Source: "Security Hub, FSBP S3.2 and S3.3", Severity: "medium", Playbook: "exposed bucket"},
		},
		Playbooks: []Playbook{
			{Name: "compromised instance", Steps: []Step{
				{Detect, responder, "Confirm the finding, name the instance, its role and its interfaces, and open a case", ""},
				{Contain, responder, "Keep the evidence, then isolate every interface and revoke the role's sessions; stop and terminate nothing", "incident/containment"},
				{Contain, scribe, "Keep the record of the containment and the snapshots with the case", ""},
				{Eradicate, responder, "Find the way in from the snapshots and close it; rotate every secret that the instance could read", ""},
				{Recover, commander, "Start anew from a clean image; undo the containment only for what is proven clean", "incident/containment"},
				{PostIncident, commander, "Write down what happened within two weeks, and change what let it happen", ""},
			}},
			{Name: "stolen credentials", Steps: []Step{
				{Detect, responder, "Name the key or the role and list what it did since it was last known good, from the trail", ""},
				{Contain, responder, "Deactivate the key by its id; revoke the role's sessions, those of roles assumed from it too", "incident/containment"},
				{Eradicate, responder, "Remove what was made with it: users, keys, roles, functions, instances in every region", ""},
				{Recover, commander, "Issue new credentials, short-lived ones where there were keys", ""},
				{PostIncident, commander, "Write down what happened within two weeks, and change what let it happen", ""},
			}},
			{Name: "exposed bucket", Steps: []Step{
				{Detect, responder, "Find out since when the bucket is public, what is in it, and who read it", ""},
				{Contain, responder, "Apply the baseline again: it blocks public access", "ztcore.Plan.Apply"},
				{Eradicate, responder, "Find who opened it and by which right, and take that right away", ""},
				{Recover, commander, "Tell those whose data it was, where law or contract asks for it", ""},
				{PostIncident, commander, "Write down what happened within two weeks, and change what let it happen", ""},
			}},
		},
		Communications: []Communication{
			{Audience: "the company's management", Channel: "telephone", Severities: []string{"critical", "high"}, Owner: commander, Within: time.Hour, Template: "We are responding to a security incident. Known so far:"},
			{Audience: "customers and authorities, with counsel", Channel: "the status page and letters", Severities: []string{"critical"}, Owner: speaker, Within: 72 * time.Hour, Template: "We are investigating an incident that may concern your data."},
			{Audience: "the team that owns the system", Channel: "the on-call channel", Severities: []string{"high", "medium"}, Owner: responder, Within: 8 * time.Hour, Template: "A control of your system failed; please don't change it until we have looked."},
		},
	}
}

const (
	commander = "incident commander"
	responder = "responder"
	speaker   = "communications lead"
	scribe    = "scribe"
)
