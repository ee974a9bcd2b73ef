// Package appsec declares what stands in front of an application: who its users are, and who may call it.
//
//	pool := appsec.UserPool{Name: "MyUserPool"}
//	client := appsec.UserPoolClient{Name: "MyAppClient", Pool: pool.ID(), CallbackURLs: []string{"https://app.example.com/callback"}}
//	logs := appsec.Account{LogRole: "arn:aws:iam::123456789012:role/apigateway-logs"} // there already, as is the log group below
//	api := appsec.API{
//		Name:   "MySecureAPI",
//		Routes: []appsec.Route{{Path: "/myresource", Method: "GET", Integration: appsec.Integration{HTTP: "https://backend.example.com"}}},
//		Stage:  appsec.Stage{AccessLogs: "arn:aws:logs:us-east-1:123456789012:log-group:my-secure-api"},
//		After:  []string{logs.RoleToken()},
//	}
//	plan, err := ztcore.NewBaseline("app", pool, client, logs, api).Plan(ctx, cfg)
//
// Preset puts these together, with the role and the log group, for an application that has none of them yet.
//
//	guide, rows 23–27  instance with role and profile    package instance, below this one
//	           28      user pool                         UserPool, which also declares what threat protection does; UserPoolDomain, ResourceServer
//	           29      client with a secret              UserPoolClient
//	           30–32   REST API, resource, method        API, which declares routes, authorizers, a request validator, a deployment and a stage
//	                   logs of all APIs of an account    Account
//
// The zero values are the safe ones. What departs from them takes a reason, in a field whose name ends in Because, and every
// plan shows it. What AWS would refuse is found before any call; what is weak is a finding of a guardrail:
//
//	appsec.weak-passwords   fewer than 8 characters
//	appsec.long-sessions    sessions that can be renewed for more than 30 days
//	appsec.api-open         a resource policy that lets anybody in
//	appsec.unthrottled      limits above what the account has
//
// # Deployments
//
// API Gateway serves what was deployed, not what is edited. The stage knows of what its deployment was made: of the
// routes, the authorizers' pools, the resource policy and the TLS policy. When what is declared differs, a new deployment is
// made once the edits are in, the stage moves to it in one step, and those before it are removed. Deployments that were
// made by hand are left alone, unless the stage serves one: then it moves.
//
// # What is left out
//
// Identity providers, groups and users of a pool, text messages, triggers (they are kept when a pool is updated); models, mapping templates, API keys, Lambda authorizers, custom domain names and client certificates of an API;
// the links to VPCs, which routes refer to by id. Authorizers that are no longer declared stay, unused: they have no tags.
// A web ACL is associated with API.StageARN, by the package of web ACLs.
package appsec
