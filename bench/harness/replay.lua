-- Sends the requests of a file, in their order, again and again.
local requests = {}
local sent = 0

-- Why not looked up: the name in the URL is only there for the SNI.
function wrk.resolve(_, service)
  wrk.addrs = wrk.lookup("127.0.0.1", service)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  for request in text:gmatch("(.-\r\n\r\n)") do
    requests[#requests + 1] = request
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end
