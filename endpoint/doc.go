// Package endpoint is the pillar that keeps machines up to date and in reach without open ports: patch baselines, associations,
// documents and sessions of Systems Manager.
//
//	key := dataprotect.Key{Name: "sessions", Policy: monitoring.LogKeyPolicy("/acme/sessions")}
//	records := monitoring.LogGroup{Name: "/acme/sessions", Key: key.ARN()}
//	linux := endpoint.PatchBaseline{Name: "MyPatchBaseline"}               // Security, after seven days, of Amazon Linux 2023
//	baseline := ztcore.NewBaseline("machines",
//		key, records, linux,
//		endpoint.PatchGroup{Name: "web", Baseline: linux.ID()},        // instances with the tag PatchGroup = web
//		endpoint.Association{                                          // AWS-RunPatchBaseline, Operation=Install
//			Name: "patch-web", Targets: []endpoint.Target{endpoint.Tagged("PatchGroup", "web")},
//			Schedule: "cron(0 3 ? * SUN *)",
//		},
//		endpoint.SessionPreferences{LogGroup: "/acme/sessions", Key: key.ARN()},
//	)
//	plan, err := baseline.Plan(ctx, cfg)
//
// A Preset is all of that in one.
//
//	guide step 17      PatchBaseline, PatchGroup, DefaultPatchBaseline
//	guide step 18      Association
//	guide step 19      launch.Template and userdata.Machine, in the packages below this one
//	guide step 20      package webacl
//	guide steps 21-22  package firewall
//	instead of SSH     SessionPreferences
//	runbooks           Document, DocumentSharingBlock, AutomationLogs
//	every instance     DefaultHostManagement
//
// What the guide has is for Windows without saying so: the API's default operating system, the classification SecurityUpdates, the document
// AWS-ApplyPatchBaseline. Here the operating system decides which filters there are, and what is another's is found before any
// call.
//
// Left out are maintenance windows, patch policies of Quick Setup, custom repositories, inventory and OpsCenter. Systems Manager keeps
// no nodes of its own here: they register with their instance profile.
package endpoint
