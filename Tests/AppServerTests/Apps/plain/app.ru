# What a request looks like to a Rack application.
require "json"
require "rack"

run lambda { |environment|
  request = Rack::Request.new(environment)
  body = request.body ? request.body.read : ""
  seen = { scheme: request.scheme, host: request.host_with_port, path: request.path, query: request.query_string,
           client: request.ip, body: body.bytesize }
  out = JSON.generate(seen)
  [200, { "Content-Type" => "application/json", "Content-Length" => out.bytesize.to_s }, [out]]
}
