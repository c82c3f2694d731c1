<?php
// Answers with what it sees of a request, as app.py does.
$seen = ['scheme' => isset($_SERVER['HTTPS']) ? 'https' : 'http', 'host' => $_SERVER['HTTP_HOST']];
$seen += ['path' => strtok($_SERVER['REQUEST_URI'], '?'), 'query' => $_SERVER['QUERY_STRING'] ?? ''];
$seen += ['client' => $_SERVER['REMOTE_ADDR'], 'body' => strlen(file_get_contents('php://input'))];
header('Content-Type: application/json');
echo json_encode($seen);
