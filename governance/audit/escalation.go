package audit

import (
	"slices"
	"strings"
)

// way is a known way from some permissions to more: a set of actions that together give another identity's permissions.
type way struct {
	name    string
	actions []string
}

// ways are after https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/ and
// https://pathfinding.cloud, and the service authorization reference for what the actions do.
var ways = []way{
	{"writes a new version of a policy that it has", []string{"iam:CreatePolicyVersion"}},
	{"goes back to an earlier version of a policy", []string{"iam:SetDefaultPolicyVersion"}},
	{"attaches any policy to a user", []string{"iam:AttachUserPolicy"}},
	{"attaches any policy to a group", []string{"iam:AttachGroupPolicy"}},
	{"attaches any policy to a role, its own or one that it may assume", []string{"iam:AttachRolePolicy"}},
	{"writes an inline policy of a user", []string{"iam:PutUserPolicy"}},
	{"writes an inline policy of a group", []string{"iam:PutGroupPolicy"}},
	{"writes an inline policy of a role, its own or one that it may assume", []string{"iam:PutRolePolicy"}},
	{"joins any group", []string{"iam:AddUserToGroup"}},
	{"has any role trust it", []string{"iam:UpdateAssumeRolePolicy"}},
	{"makes access keys of other users", []string{"iam:CreateAccessKey"}},
	{"gives other users a password", []string{"iam:CreateLoginProfile"}},
	{"changes the password of other users", []string{"iam:UpdateLoginProfile"}},
	{"takes off a role's boundary", []string{"iam:DeleteRolePermissionsBoundary"}},
	{"takes off a user's boundary", []string{"iam:DeleteUserPermissionsBoundary"}},
	{"starts an instance with any role", []string{"iam:PassRole", "ec2:RunInstances"}},
	{"runs a function with any role", []string{"iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"}},
	{"has an event run a function with any role", []string{"iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"}},
	{"puts its code into functions of others", []string{"lambda:UpdateFunctionCode"}},
	{"puts a layer with its code into functions of others", []string{"lambda:UpdateFunctionConfiguration"}},
	{"makes a stack with any role", []string{"iam:PassRole", "cloudformation:CreateStack"}},
	{"changes a stack that has a role", []string{"cloudformation:UpdateStack"}},
	{"makes a Glue endpoint with any role", []string{"iam:PassRole", "glue:CreateDevEndpoint"}},
	{"puts its key on a Glue endpoint", []string{"glue:UpdateDevEndpoint"}},
	{"runs a Glue job with any role", []string{"iam:PassRole", "glue:CreateJob", "glue:StartJobRun"}},
	{"runs a pipeline with any role", []string{"iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"}},
	{"builds a project with any role", []string{"iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"}},
	{"opens a notebook with any role", []string{"iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"}},
	{"runs a task with any role", []string{"iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"}},
	{"runs a state machine with any role", []string{"iam:PassRole", "states:CreateStateMachine", "states:StartExecution"}},
	{"runs an automation with any role", []string{"iam:PassRole", "ssm:StartAutomationExecution"}},
	{"runs commands on instances and has their roles", []string{"ssm:SendCommand"}},
	{"opens a session on instances and has their roles", []string{"ssm:StartSession"}},
}

// probe is a resource that only a permission for all of its kind covers: nothing has the name.
func probe(root, action string) string {
	const name = "zerotrust-audit-probe"
	service, what, _ := strings.Cut(action, ":")
	if service != "iam" {
		return "*"
	}
	kind := "role"
	switch {
	case strings.HasSuffix(what, "PolicyVersion"):
		kind = "policy"
	case strings.Contains(what, "Group"):
		kind = "group"
	case strings.Contains(what, "User"), strings.Contains(what, "AccessKey"), strings.Contains(what, "LoginProfile"):
		kind = "user"
	}
	return root + kind + "/" + name
}

// principals finds who may do everything, and who could come to.
func (a *auditor) principals() error {
	all, err := a.all()
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.may("zerotrust:EverythingProbe", "*") {
			a.find("admin", High, p.arn, "may do everything with everything", "give it what it uses; keep full access to a role that is assumed with a second factor", "CIS AWS 3.0 1.16", "FSBP IAM.1", "NIST SP 800-207 tenet 3")
			continue
		}
		for _, w := range ways {
			if !slices.ContainsFunc(w.actions, func(action string) bool { return !p.may(action, probe(a.root, action)) }) {
				a.find("escalation", High, p.arn, w.name+": "+strings.Join(w.actions, " + "), "name the resources that it needs, and set a permissions boundary", "NIST SP 800-207 tenet 3", "CISA ZTMM Identity")
			}
		}
	}
	return nil
}
