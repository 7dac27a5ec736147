"""kodebrik server: the validation server and its keys."""

from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.server import api_key, keys, openid, serve

app = CommandGroup(
    help="Start the validation server; manage its keys.", invoke_without_command=True
)
app.callback()(serve.server)
app.command("create-key")(keys.create_key)
app.command("rotate-key")(keys.rotate_key)
app.command("change-master-key")(keys.change_master_key)
app.command("api-key")(api_key.api_key)
app.command("api-keys")(api_key.api_keys)
app.command("rotate-openid-key")(openid.rotate_openid_key)
app.command("openid-secret")(openid.openid_secret)
